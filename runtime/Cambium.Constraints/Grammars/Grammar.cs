namespace Cambium.Constraints;

/// <summary>A rule of a <see cref="Grammar"/>: it matches what leads from one state to the other.</summary>
/// <param name="Start">No edge need lead here.</param>
/// <param name="End">No edge leads away from here.</param>
/// <param name="Name">Where it comes from, for messages.</param>
internal readonly record struct Rule(int Start, int End, string Name);

/// <summary>
/// A way from a state to another: over one byte of a range, over whatever a rule matches, or over nothing. Bytes end at <see cref="Target"/>, which a call returns to.
/// </summary>
internal readonly record struct Edge(int Target, short First, short Last, int Rule)
{
    public const int NoRule = -1;

    public bool IsByte => Rule < 0 && Last >= 0;

    public bool IsCall => Rule >= 0;

    public bool Takes(byte value) => value >= First && value <= Last;
}

/// <summary>
/// What may be written, byte by byte: a nondeterministic automaton whose edges may call rules, which makes it a pushdown automaton. From every state something leads to the
/// end of its rule: what cannot be completed was taken out.
/// </summary>
internal sealed class Grammar(Edge[][] edges, Rule[] rules, byte[] classOf, int classes)
{
    /// <summary>Rule 0 is the whole.</summary>
    public Rule[] Rules { get; } = rules;

    /// <summary>Edges by the state they leave.</summary>
    public Edge[][] Edges { get; } = edges;

    /// <summary>Bytes of one class are on the same edges everywhere.</summary>
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
