namespace Cambium.Text.Templates;

/// <summary>A scope: the names of a block, then those of the enclosing scope.</summary>
internal sealed class Scope(TemplateRun run, Scope? parent)
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    public TemplateRun Run { get; } = run;

    public object? Get(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._values.TryGetValue(name, out object? value))
                return value;
        }

        return Globals.Functions.TryGetValue(name, out PyFunction? function) ? function : new Undefined($"'{Excerpt.Of(name)}' is undefined");
    }

    public void Set(string name, object? value) => _values[name] = value;

    private Scope? Parent { get; } = parent;
}
