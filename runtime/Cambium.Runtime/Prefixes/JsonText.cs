using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cambium.Runtime.Prefixes;

/// <summary>JSON as Python writes it with an indentation of two spaces.</summary>
internal static class JsonText
{
    public static string Indented(JsonObject json)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, IndentSize = 2, NewLine = "\n" }))
            json.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
