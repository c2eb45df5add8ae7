namespace Cambium.Constraints;

/// <summary>
/// A JSON pointer (RFC 6901). Its text is made only for messages: with a text for each subschema, a long name with many subschemas would take
/// quadratic memory. Equal pointers of one root are one object.
/// </summary>
internal sealed class SchemaPath
{
    private readonly SchemaPath? _parent;
    private readonly string _name;
    private Dictionary<string, SchemaPath>? _children;

    private SchemaPath(SchemaPath? parent, string name) => (_parent, _name) = (parent, name);

    /// <summary>The pointer to the whole schema.</summary>
    public static SchemaPath NewRoot() => new(null, "#");

    public bool IsRoot => _parent is null;

    /// <summary>The pointer to a member or an item of the value here.</summary>
    /// <param name="name">Not escaped.</param>
    public SchemaPath Add(string name)
    {
        _children ??= new Dictionary<string, SchemaPath>(StringComparer.Ordinal);
        if (!_children.TryGetValue(name, out var child))
            _children[name] = child = new SchemaPath(this, name);
        return child;
    }

    public SchemaPath Add(int index) => Add(index.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public override string ToString()
    {
        var names = new Stack<string>();
        for (var at = this; at is not null; at = at._parent)
            names.Push(at.IsRoot ? at._name : Escape(at._name));
        return string.Join('/', names);
    }

    /// <summary>A name as a part of a pointer.</summary>
    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
