using System.Globalization;
using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>The schema as a whole: where references lead.</summary>
internal sealed class SchemaDocument
{
    private readonly JsonElement _root;
    private readonly Dictionary<SchemaPath, Dictionary<string, JsonElement>> _members = [];

    /// <exception cref="ConstraintException">A string or a name has half of a surrogate pair.</exception>
    public SchemaDocument(JsonElement root)
    {
        if (FindHalf(root) is { } at)
            throw new ConstraintException($"The schema has half of a surrogate pair in a string or name at #{at}.", null, "#" + at);
        _root = root;
    }

    public SchemaPath RootPath { get; } = SchemaPath.NewRoot();

    /// <summary>The schema that a <c>$ref</c> points to, with its JSON pointer.</summary>
    /// <exception cref="ConstraintException">The reference leads out of the document or to nothing.</exception>
    public (JsonElement Schema, SchemaPath Path) Resolve(JsonElement reference, SchemaPath path)
    {
        var text = reference.ValueKind == JsonValueKind.String
            ? reference.GetString()!
            : throw SchemaReader.Error(path, "$ref", $"is {SchemaReader.Shorten(reference)}, expected a string");
        if (text != "#" && !text.StartsWith("#/", StringComparison.Ordinal))
        {
            throw new ConstraintException(
                $"The reference '$ref': {SchemaReader.Shorten(reference)} is not supported in schemas that constrain output (at {path}); "
                + "only pointers within the schema are, such as #/$defs/name.",
                "$ref", path.ToString());
        }

        var (at, where) = (_root, RootPath);
        foreach (var part in text.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (!MembersOf(at, where).TryGetValue(name, out var found))
            {
                throw SchemaReader.Error(
                    path, "$ref",
                    $"is {SchemaReader.Shorten(reference)}, and {SchemaReader.Shorten(where.ToString())} has no '{SchemaReader.Shorten(name)}'");
            }

            (at, where) = (found, where.Add(name));
        }

        return (at, where);
    }

    // A search among members is linear, and a schema may have a reference to each of them.
    private Dictionary<string, JsonElement> MembersOf(JsonElement value, SchemaPath path)
    {
        if (_members.TryGetValue(path, out var members))
            return members;
        _members[path] = members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (value.ValueKind == JsonValueKind.Object)
        {
            // Of a name that is declared twice the last declaration counts, as in JSON readers.
            foreach (var member in value.EnumerateObject())
                members[member.Name] = member.Value;
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var (i, item) in value.EnumerateArray().Index())
                members[i.ToString(CultureInfo.InvariantCulture)] = item;
        }

        return members;
    }

    // JSON can escape half of a surrogate pair, and JsonElement throws only when the string is read. After this check every string and name can be
    // read. Returns the path of a string with such a half; null if there is none.
    private static string? FindHalf(JsonElement value)
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
                    {
                        if (FindHalf(item) is { } inItem)
                            return $"/{i}{inItem}";
                    }

                    break;
                case JsonValueKind.Object:
                    foreach (var member in value.EnumerateObject())
                    {
                        _ = member.Name;
                        if (FindHalf(member.Value) is { } inMember)
                            return $"/{SchemaPath.Escape(member.Name)}{inMember}";
                    }

                    break;
            }

            return null;
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }
}
