using System.Text.Json;
using System.Text.Unicode;

namespace Cambium.Checkpoints;

/// <summary>Reads JSON files of a checkpoint, with errors that name the file.</summary>
internal static class JsonFile
{
    /// <summary>Largest size of a configuration. Published ones have less than a megabyte.</summary>
    public const long MaxBytes = 16L << 20;

    /// <summary>Largest size of an index of shards, which has a line for each tensor.</summary>
    public const long MaxIndexBytes = 256L << 20;

    /// <param name="path">The file.</param>
    /// <param name="maxBytes">Largest size; a larger file is not read.</param>
    public static JsonElement Load(string path, long maxBytes = MaxBytes)
    {
        byte[] bytes;
        try
        {
            long length = new FileInfo(path).Length;
            if (length > maxBytes)
            {
                throw new CheckpointException(
                    path, null, $"has {length} bytes, expected at most {maxBytes}", "This is not the file its name says; fetch it again.");
            }

            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, $"cannot be read ({error.Message.TrimEnd('.')})", "Check the path and the permissions.", error);
        }

        return Parse(path, bytes);
    }

    /// <returns>The root object, independent of any buffer.</returns>
    public static JsonElement Parse(string file, ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        if (!Utf8.IsValid(json.Span))
        {
            throw new CheckpointException(
                file, null, "is not valid UTF-8, expected JSON", "The file is damaged or is not what its name says; fetch it again.");
        }

        GitLfs.RefusePointer(file, json.Span);
        json = PythonNumbers.Replace(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            RequireText(json.Span, document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CheckpointException(
                    file, null, $"is a JSON {document.RootElement.ValueKind}, expected an object",
                    "This is not the file its name says; fetch it again.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(file, null, $"is not valid JSON ({error.Message.TrimEnd('.')})", "Correct it or fetch it again.", error);
        }
    }

    /// <summary>
    /// JsonElement reports half of an escaped surrogate pair only when the string is read. Reading all strings here means that later readers need not
    /// expect it.
    /// </summary>
    /// <exception cref="InvalidOperationException">A string has half of a surrogate pair.</exception>
    private static void RequireText(ReadOnlySpan<byte> json, JsonElement element)
    {
        if (json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0)
            return;
        var open = new Stack<JsonElement>([element]);
        while (open.TryPop(out JsonElement at))
        {
            if (at.ValueKind == JsonValueKind.String)
            {
                _ = at.GetString();
            }
            else if (at.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in at.EnumerateArray())
                    open.Push(item);
            }
            else if (at.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in at.EnumerateObject())
                {
                    _ = property.Name;
                    open.Push(property.Value);
                }
            }
        }
    }
}
