using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// The grammar rule of each subschema, by its JSON pointer, and the queue of rules that are not written yet: a schema may refer to itself. A schema
/// that only stands for another one has the rule of the other, so that a chain of them costs nothing in the grammar.
/// </summary>
/// <param name="grammar">Receives the rules.</param>
/// <param name="follow">The schema that a schema stands for; null if it stands for itself.</param>
internal sealed class SchemaRules(GrammarBuilder grammar, Func<JsonElement, SchemaPath, (JsonElement Schema, SchemaPath Path)?> follow)
{
    private readonly Dictionary<SchemaPath, int> _rules = [];
    private readonly Queue<(JsonElement Schema, SchemaPath Path, Rule Rule)> _pending = new();

    /// <exception cref="ConstraintException">A chain of references leads back to its beginning.</exception>
    public int RuleOf(JsonElement schema, SchemaPath path)
    {
        var chain = new HashSet<SchemaPath>();
        int rule;
        while (!_rules.TryGetValue(path, out rule))
        {
            if (!chain.Add(path))
            {
                throw new ConstraintException(
                    $"A chain of '$ref' leads from {path} back to itself with nothing in between.", "$ref", path.ToString());
            }

            if (follow(schema, path) is not { } next)
            {
                rule = grammar.NewRule(path);
                _pending.Enqueue((schema, path, grammar[rule]));
                break;
            }

            (schema, path) = next;
        }

        foreach (var passed in chain)
            _rules[passed] = rule;
        return rule;
    }

    public bool TryTake(out (JsonElement Schema, SchemaPath Path, Rule Rule) next) => _pending.TryDequeue(out next);
}
