using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// The grammar rule of each subschema, by its JSON pointer, and the queue of rules that are not written yet: a schema may refer to itself.
/// </summary>
internal sealed class SchemaRules(GrammarBuilder grammar)
{
    private readonly Dictionary<string, int> _rules = new(StringComparer.Ordinal);
    private readonly Queue<(JsonElement Schema, string Path, Rule Rule)> _pending = new();

    public int RuleOf(JsonElement schema, string path)
    {
        if (_rules.TryGetValue(path, out var rule))
            return rule;
        _rules[path] = rule = grammar.NewRule(path);
        _pending.Enqueue((schema, path, grammar[rule]));
        return rule;
    }

    public bool TryTake(out (JsonElement Schema, string Path, Rule Rule) next) => _pending.TryDequeue(out next);
}
