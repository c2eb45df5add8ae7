using Cambium.Compiler.Collections;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>A score function after common subexpression elimination: what occurs more than once is computed once and has a name.</summary>
/// <param name="Lets">Named values in the order of their computation; each reads only the ones before it.</param>
/// <param name="Result">The score.</param>
public sealed record ScoreProgram(EquatableArray<Let> Lets, ScalarExpression Result)
{
    public static ScoreProgram Of(ScalarExpression score)
    {
        var builder = new Builder();
        builder.Count(score);
        var result = builder.Rewrite(score);
        return new ScoreProgram(builder.Lets.ToEquatableArray(), result);
    }

    /// <summary>Is a value the same for every score of a launch? The host computes it then.</summary>
    public static bool IsUniform(ScalarExpression expression) =>
        !expression.Walk().Any(static part =>
            part is ScalarExpression.Input { Name: not "layer" } or ScalarExpression.Lookup or ScalarExpression.Local);

    private sealed class Builder
    {
        private readonly Dictionary<ScalarExpression, int> _uses = [];
        private readonly Dictionary<ScalarExpression, ScalarExpression> _named = [];

        public List<Let> Lets { get; } = [];

        public void Count(ScalarExpression expression)
        {
            _uses.TryGetValue(expression, out var uses);
            _uses[expression] = uses + 1;
            if (uses > 0)
                return;
            foreach (var part in expression.Parts)
                Count(part);
        }

        public ScalarExpression Rewrite(ScalarExpression expression)
        {
            if (_named.TryGetValue(expression, out var known))
                return known;
            if (IsUniform(expression))
                return expression;
            ScalarExpression rewritten = expression switch
            {
                // A condition does not depend on the row: it is a flag that the host sets.
                ScalarExpression.Apply apply => apply with
                {
                    Arguments = apply.Arguments
                        .Select((argument, i) => Conditions.IsCondition(apply, i) ? argument : Rewrite(argument)).ToEquatableArray(),
                },
                ScalarExpression.Lookup lookup => lookup with { Indices = lookup.Indices.Select(Rewrite).ToEquatableArray() },
                _ => expression,
            };
            if (_uses[expression] == 1 || !expression.Parts.Any())
                return rewritten;
            var local = new ScalarExpression.Local(Lets.Count);
            Lets.Add(new Let(local.Index, rewritten));
            return _named[expression] = local;
        }
    }
}
