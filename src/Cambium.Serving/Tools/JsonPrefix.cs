using System.Text;
using System.Text.Json;

namespace Cambium.Serving.Tools;

/// <summary>Reads a JSON value at the start of a text, which may continue with other text.</summary>
internal static class JsonPrefix
{
    /// <param name="value">The value, as a copy that owns its memory.</param>
    /// <param name="length">Characters read, with leading white space.</param>
    public static bool TryRead(string text, out JsonElement value, out int length)
    {
        (value, length) = (default, 0);
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true });
            if (!reader.Read())
                return false;
            using var document = JsonDocument.ParseValue(ref reader);
            value = document.RootElement.Clone();
            length = Encoding.UTF8.GetCharCount(bytes, 0, (int)reader.BytesConsumed);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
