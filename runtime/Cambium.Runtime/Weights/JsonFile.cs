using System.Text.Json;

namespace Cambium.Runtime.Weights;

/// <summary>Reads the JSON files beside the weights, with errors that name them.</summary>
internal static class JsonFile
{
    public static JsonElement Load(string path)
    {
        byte[] bytes;
        try
        {
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
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CheckpointException(file, null, $"is a JSON {document.RootElement.ValueKind}, expected an object", "This is not the file its name says; fetch it again.");
        }
        catch (JsonException error)
        {
            throw new CheckpointException(file, null, $"is not valid JSON ({error.Message.TrimEnd('.')})", "Correct it or fetch it again.", error);
        }
    }
}
