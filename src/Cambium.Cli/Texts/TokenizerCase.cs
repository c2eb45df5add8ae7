using System.Text.Json;

namespace Cambium.Cli.Texts;

/// <summary>One recorded text. Values that were not recorded are null.</summary>
/// <param name="Number">Its index in the file.</param>
/// <param name="Text">The text.</param>
/// <param name="Ids">Its ids, with names of special tokens encoded as those tokens.</param>
/// <param name="WithSpecial">The ids with the tokens that the template of the tokenizer adds.</param>
/// <param name="Decoded">The text of <paramref name="Ids"/>.</param>
/// <param name="DecodedSkippingSpecial">The text of <paramref name="Ids"/> without special tokens.</param>
internal sealed record TokenizerCase(int Number, string Text, int[]? Ids, int[]? WithSpecial, string? Decoded, string? DecodedSkippingSpecial)
{
    private const long MaxFileBytes = 512L << 20;

    /// <exception cref="UserException">The file cannot be read, or is not a list of cases.</exception>
    public static TokenizerCase[] Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length is var length && length > MaxFileBytes)
                throw new UserException($"{path}: has {length} bytes, expected at most {MaxFileBytes}.");
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                throw new UserException($"{path}: is a JSON {document.RootElement.ValueKind}, expected a list of cases.");
            return [.. document.RootElement.EnumerateArray().Select((element, i) => Read(path, element, i))];
        }
        // InvalidOperationException: half of a surrogate pair, which the parser accepts and GetString rejects.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new UserException($"{path}: is not valid JSON ({error.Message.TrimEnd('.')}).", error);
        }
    }

    private static TokenizerCase Read(string path, JsonElement element, int number)
    {
        if (Field(element, "text") is not { ValueKind: JsonValueKind.String } text)
            throw new UserException($"{path}: case {number} has no 'text', expected an object with a text and what was recorded for it.");
        return new TokenizerCase(
            number, text.GetString()!, Ids("ids"), Ids("with_special"), Recorded("decoded"), Recorded("decoded_skipping_special"));

        int[]? Ids(string name) => Field(element, name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Array } list
                when list.EnumerateArray().All(static id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _)) =>
                [.. list.EnumerateArray().Select(static id => id.GetInt32())],
            _ => throw new UserException($"{path}: case {number} has no list of ids as '{name}'."),
        };

        string? Recorded(string name) => Field(element, name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } value => value.GetString(),
            _ => throw new UserException($"{path}: case {number} has no text as '{name}'."),
        };
    }

    private static JsonElement? Field(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
}
