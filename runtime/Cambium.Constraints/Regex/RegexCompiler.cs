namespace Cambium.Constraints;

/// <summary>Writes a regular expression into a grammar.</summary>
/// <param name="grammar">Where to.</param>
/// <param name="set">How one character of a set is spelled: as it is, or as JSON spells it inside a string.</param>
internal sealed class RegexCompiler(GrammarBuilder grammar, Action<int, CodePoints, int> set)
{
    /// <summary>A text that matches as a whole.</summary>
    /// <exception cref="ConstraintException">It is not supported, or nothing matches.</exception>
    public static Grammar Whole(string expression)
    {
        var builder = new GrammarBuilder("regular expression");
        var rule = builder[builder.NewRule("#")];
        var compiler = new RegexCompiler(builder, builder.Set);
        foreach (var alternative in RegexParser.Parse(expression))
            builder.Skip(compiler.Emit(alternative.Node, compiler.Next(rule.Start)), rule.End);
        return builder.Build();
    }

    /// <summary>A text in which the expression matches somewhere.</summary>
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
                var behind = grammar.NewState();
                set(from, characters, behind);
                return behind;
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

    // Every turn takes a state of its own, so that the bound on states bounds turns of nothing, too.
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
