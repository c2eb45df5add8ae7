namespace Cambium.Constraints;

/// <summary>Compiles a regular expression to states of a grammar.</summary>
/// <param name="grammar">Receives the states.</param>
/// <param name="set">Writes one character of a set: plain, or as in a JSON string.</param>
internal sealed class RegexCompiler(GrammarBuilder grammar, Action<int, CodePoints, int> set)
{
    /// <summary>Compiles an expression that matches the whole text.</summary>
    /// <exception cref="ConstraintException">The expression is not supported, or nothing matches it.</exception>
    public static Grammar Whole(string expression, CancellationToken cancellation = default)
    {
        var builder = new GrammarBuilder("regular expression", cancellation);
        var rule = builder[builder.NewRule("#")];
        var compiler = new RegexCompiler(builder, builder.Set);
        foreach (var alternative in RegexParser.Parse(expression, RegexDialect.Common))
            builder.Skip(compiler.Emit(alternative.Node, compiler.Next(rule.Start)), rule.End);
        return builder.Build();
    }

    /// <summary>Writes a text that contains a match, from one state to another.</summary>
    public void Search(IReadOnlyList<RegexAlternative> alternatives, int from, int to)
    {
        foreach (var alternative in alternatives)
        {
            var at = Next(from);
            if (!alternative.AtBegin)
                set(at, CodePoints.All, at);
            at = Emit(alternative.Node, Next(at));
            if (!alternative.AtEnd)
            {
                at = Next(at);
                set(at, CodePoints.All, at);
            }

            grammar.Skip(at, to);
        }
    }

    private int Next(int from)
    {
        var to = grammar.NewState();
        grammar.Skip(from, to);
        return to;
    }

    private int Emit(RegexNode node, int from)
    {
        switch (node)
        {
            case RegexNode.Set { Characters: var characters }:
                var after = grammar.NewState();
                set(from, characters, after);
                return after;
            case RegexNode.Sequence { Parts: var parts }:
                foreach (var part in parts)
                    from = Emit(part, from);
                return from;
            case RegexNode.Choice { Alternatives: var alternatives }:
                var end = grammar.NewState();
                foreach (var alternative in alternatives)
                    grammar.Skip(Emit(alternative, Next(from)), end);
                return end;
            case RegexNode.Repeat repeat:
                return Emit(repeat, from);
            default:
                throw new InvalidOperationException($"No case for {node.GetType().Name}.");
        }
    }

    // Every repetition takes a state of its own, so that the limit on states also bounds repetitions of an empty body.
    private int Emit(RegexNode.Repeat repeat, int from)
    {
        for (var i = 0; i < repeat.Least; i++)
            from = Emit(repeat.Body, Next(from));
        if (repeat.Most is not { } most)
        {
            var loop = Next(from);
            grammar.Skip(Emit(repeat.Body, Next(loop)), loop);
            return Next(loop);
        }

        var end = grammar.NewState();
        for (var i = repeat.Least; i < most; i++)
        {
            grammar.Skip(from, end);
            from = Emit(repeat.Body, Next(from));
        }

        grammar.Skip(from, end);
        return end;
    }
}
