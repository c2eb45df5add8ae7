namespace Cambium.Constraints;

/// <summary>The syntax tree of a regular expression.</summary>
internal abstract record RegexNode
{
    /// <summary>One character of a set.</summary>
    public sealed record Set(CodePoints Characters) : RegexNode;

    /// <summary>One after the other.</summary>
    public sealed record Sequence(IReadOnlyList<RegexNode> Parts) : RegexNode;

    /// <summary>One of several.</summary>
    public sealed record Choice(IReadOnlyList<RegexNode> Alternatives) : RegexNode;

    /// <summary>A repetition; <paramref name="Most"/> is null without an upper limit.</summary>
    public sealed record Repeat(RegexNode Body, int Least, int? Most) : RegexNode;
}

/// <summary>An alternative at the top level of an expression, where anchors are allowed.</summary>
/// <param name="AtBegin">It begins with <c>^</c>.</param>
/// <param name="AtEnd">It ends with <c>$</c>.</param>
internal sealed record RegexAlternative(RegexNode Node, bool AtBegin, bool AtEnd);
