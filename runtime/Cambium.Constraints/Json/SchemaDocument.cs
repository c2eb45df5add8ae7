using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>The schema as a whole: where references lead.</summary>
internal sealed class SchemaDocument
{
    private readonly JsonElement _root;

    /// <exception cref="ConstraintException">A string or a name has half of a surrogate pair.</exception>
    public SchemaDocument(JsonElement root)
    {
        RefuseHalfCharacters(root, "#");
        _root = root;
    }

    public JsonElement Root => _root;

    /// <summary>The schema that a <c>$ref</c> points to, with its JSON pointer.</summary>
    /// <exception cref="ConstraintException">The reference leads out of the document or to nothing.</exception>
    public (JsonElement Target, string Path) Resolve(JsonElement reference, string path)
    {
        var text = reference.ValueKind == JsonValueKind.String
            ? reference.GetString()!
            : throw SchemaReader.Error(path, "$ref", $"is {SchemaReader.Shorten(reference)}, expected a string");
        if (text != "#" && !text.StartsWith("#/", StringComparison.Ordinal))
        {
            throw new ConstraintException(
                $"The reference '$ref': {SchemaReader.Shorten(reference)} is not supported in schemas that constrain output (at {path}); "
                + "only pointers within the schema are, such as #/$defs/name.",
                "$ref", path);
        }

        var (at, where) = (_root, "#");
        foreach (var part in text.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var found = at.ValueKind switch
            {
                JsonValueKind.Object when at.TryGetProperty(name, out var member) => member,
                JsonValueKind.Array when int.TryParse(name, out var index) && index >= 0 && index < at.GetArrayLength() => at[index],
                _ => throw SchemaReader.Error(
                    path, "$ref", $"is {SchemaReader.Shorten(reference)}, and {SchemaReader.Shorten(where)} has no '{SchemaReader.Shorten(name)}'"),
            };
            (at, where) = (found, $"{where}/{SchemaReader.Escape(name)}");
        }

        return (at, where);
    }

    // JSON can escape half of a surrogate pair, and JsonElement throws only when the string is read. After this check every string and name can be
    // read.
    private static void RefuseHalfCharacters(JsonElement value, string path)
    {
        try
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    _ = value.GetString();
                    break;
                case JsonValueKind.Array:
                    foreach (var (i, item) in value.EnumerateArray().Index())
                        RefuseHalfCharacters(item, $"{path}/{i}");
                    break;
                case JsonValueKind.Object:
                    foreach (var member in value.EnumerateObject())
                        RefuseHalfCharacters(member.Value, $"{path}/{SchemaReader.Escape(member.Name)}");
                    break;
            }
        }
        catch (InvalidOperationException)
        {
            throw new ConstraintException($"The schema has half of a surrogate pair in a string or name at {path}.", null, path);
        }
    }
}
