using System.Text;
using System.Text.Json;

namespace Cambium.Serving.Tools;

/// <summary>JSON at the beginning of a text that may go on with something else.</summary>
internal static class JsonPrefix
{
    /// <param name="value">The value; lives on its own.</param>
    /// <param name="length">Its characters, with white space before it.</param>
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
