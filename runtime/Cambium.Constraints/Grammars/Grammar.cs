namespace Cambium.Constraints;

/// <summary>A rule of a <see cref="Grammar"/>: it matches every text on a path from its start to its end.</summary>
/// <param name="Start">The first state.</param>
/// <param name="End">The last state, without outgoing edges.</param>
/// <param name="Origin">Its origin, for messages: a text or a <see cref="SchemaPath"/>.</param>
internal readonly record struct Rule(int Start, int End, object Origin);

/// <summary>
/// An edge over one byte of a range, over a call of a rule, or over nothing. It leads to <see cref="Target"/>; a call returns to it.
/// </summary>
internal readonly record struct Edge(int Target, short First, short Last, int Rule)
{
    public const int NoRule = -1;

    public bool IsByte => Rule < 0 && Last >= 0;

    public bool IsCall => Rule >= 0;

    public bool Takes(byte value) => value >= First && value <= Last;
}

/// <summary>
/// The allowed texts, byte by byte: a nondeterministic automaton whose edges may call rules, which makes it a pushdown automaton. The end of the rule
/// can be reached from every state: the builder removed dead ends.
/// </summary>
internal sealed class Grammar(Edge[][] edges, Rule[] rules, byte[] classOf, int classes)
{
    /// <summary>Rule 0 is the start rule.</summary>
    public Rule[] Rules { get; } = rules;

    /// <summary>Edges by their source state.</summary>
    public Edge[][] Edges { get; } = edges;

    /// <summary>The class of each byte; bytes of one class are on the same edges in the whole grammar.</summary>
    public byte[] ClassOf { get; } = classOf;

    public int Classes { get; } = classes;

    /// <summary>Whether a state is the end of a rule.</summary>
    public bool[] IsEnd { get; } = Ends(edges.Length, rules);

    private static bool[] Ends(int states, Rule[] rules)
    {
        var ends = new bool[states];
        foreach (var rule in rules)
            ends[rule.End] = true;
        return ends;
    }
}
