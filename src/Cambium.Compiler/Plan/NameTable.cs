using Cambium.Compiler.Graph;

namespace Cambium.Compiler.Plan;

/// <summary>Hands out names, each once. A name that is taken gets a number, in the order of the requests.</summary>
internal sealed class NameTable
{
    private readonly HashSet<string> _taken;
    private readonly HashSet<string> _inside = new(StringComparer.Ordinal);
    private readonly NameTable? _outer;

    public NameTable()
        : this([], null)
    {
    }

    private NameTable(IEnumerable<string> taken, NameTable? outer) => (_taken, _outer) = (new(taken, StringComparer.Ordinal), outer);

    /// <summary>A table that never hands out the reserved names.</summary>
    public static NameTable Of(params string[] reserved) => new(reserved, null);

    /// <summary>
    /// Names of a nested block. A sibling block may reuse them; the enclosing block may not, not even after the nested block (C# forbids it).
    /// </summary>
    public NameTable Inner() => new(_taken, this);

    public void Reserve(string name) => _taken.Add(name);

    public string Take(string wanted)
    {
        var word = Identifiers.Bounded(wanted.TrimStart('@'));
        var name = UniqueName.Take(word, name => !_inside.Contains(name) && _taken.Add(name));
        for (var outer = _outer; outer is not null; outer = outer._outer)
            outer._inside.Add(name);
        return name == wanted.TrimStart('@') ? wanted : name;
    }
}
