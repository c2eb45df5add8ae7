namespace Cambium.Constraints;

/// <summary>A regular expression without its spelling.</summary>
internal abstract record RegexNode
{
    /// <summary>One character of a set.</summary>
    public sealed record Set(CodePoints Characters) : RegexNode;

    /// <summary>One after the other.</summary>
    public sealed record Sequence(IReadOnlyList<RegexNode> Parts) : RegexNode;

    /// <summary>Any of them.</summary>
    public sealed record Choice(IReadOnlyList<RegexNode> Alternatives) : RegexNode;

    /// <summary>Again and again; <paramref name="Most"/> is null where there is no end.</summary>
    public sealed record Repeat(RegexNode Body, int Least, int? Most) : RegexNode;
}

/// <summary>An alternative at the top of an expression, where anchors may stand.</summary>
/// <param name="AtBegin">It begins with <c>^</c>.</param>
/// <param name="AtEnd">It ends with <c>$</c>.</param>
internal sealed record RegexAlternative(RegexNode Node, bool AtBegin, bool AtEnd);
