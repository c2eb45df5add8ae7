using System.Text;

namespace Cambium.Constraints;

/// <summary>Builds a <see cref="Grammar"/>. Limited in size: a small untrusted schema can describe a huge grammar.</summary>
/// <param name="what">Name of the input, for messages.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class GrammarBuilder(string what, CancellationToken cancellation = default)
{
    /// <summary>Most states of a grammar. A counted repetition has one or more for each count.</summary>
    public const int MaxStates = 100_000;

    private const int MaxEdges = 400_000;

    private readonly List<List<Edge>> _edges = [];
    private readonly List<Rule> _rules = [];
    private int _edgeCount;

    public int NewState()
    {
        if (_edges.Count == MaxStates)
            throw TooLarge();
        _edges.Add([]);
        return _edges.Count - 1;
    }

    /// <summary>Adds a rule without any edge.</summary>
    /// <param name="origin">Its origin, for messages.</param>
    public int NewRule(object origin)
    {
        _rules.Add(new Rule(NewState(), NewState(), origin));
        return _rules.Count - 1;
    }

    public Rule this[int rule] => _rules[rule];

    /// <summary>The edges that leave a state.</summary>
    public IReadOnlyList<Edge> From(int state) => _edges[state];

    public void Skip(int from, int to) => Add(from, new Edge(to, 0, -1, Edge.NoRule));

    public void Call(int from, int rule, int to) => Add(from, new Edge(to, 0, -1, rule));

    public void Byte(int from, byte first, byte last, int to) => Add(from, new Edge(to, first, last, Edge.NoRule));

    /// <summary>Calls a rule.</summary>
    /// <returns>The state after it.</returns>
    public int Call(int from, int rule)
    {
        var to = NewState();
        Call(from, rule, to);
        return to;
    }

    /// <summary>Writes a fixed text.</summary>
    /// <returns>The state after it.</returns>
    public int Text(int from, string text)
    {
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            var to = NewState();
            Byte(from, value, value, to);
            from = to;
        }

        return from;
    }

    /// <summary>Writes one character of a set, from one state to another.</summary>
    public void Set(int from, CodePoints set, int to)
    {
        foreach (var sequence in Utf8Ranges.Of(set))
        {
            var at = from;
            for (var i = 0; i < sequence.Length; i++)
            {
                var next = i == sequence.Length - 1 ? to : NewState();
                Byte(at, sequence[i].First, sequence[i].Last, next);
                at = next;
            }
        }
    }

    /// <summary>Writes one of several texts, from one state to another. Common prefixes share states.</summary>
    public void OneOf(int from, IEnumerable<string> texts, int to)
    {
        var next = new Dictionary<(int State, byte Value), int>();
        foreach (var text in texts)
        {
            var at = from;
            foreach (var value in Encoding.UTF8.GetBytes(text))
            {
                if (!next.TryGetValue((at, value), out var state))
                {
                    next[(at, value)] = state = NewState();
                    Byte(at, value, value, state);
                }

                at = state;
            }

            Skip(at, to);
        }
    }

    /// <exception cref="ConstraintException">Nothing matches, or a rule is left-recursive.</exception>
    public Grammar Build()
    {
        RefuseLeftRecursion();
        var useful = Reachability.OfEnds(_edges, _rules, static _ => true);
        cancellation.ThrowIfCancellationRequested();
        if (!useful[_rules[0].Start])
            throw new ConstraintException($"Nothing satisfies the {what}.");
        var edges = new Edge[_edges.Count][];
        for (var state = 0; state < edges.Length; state++)
            edges[state] = [.. _edges[state].Where(edge => useful[edge.Target] && (!edge.IsCall || useful[_rules[edge.Rule].Start])).Distinct()];
        var (classOf, classes) = Classes(edges);
        return new Grammar(edges, [.. _rules], classOf, classes);
    }

    private ConstraintException TooLarge() =>
        new($"The {what} needs more than {MaxStates} states or {MaxEdges} edges; lower its counts or split it.");

    private void Add(int from, Edge edge)
    {
        if (++_edgeCount > MaxEdges)
            throw TooLarge();
        if (_edgeCount % 1024 == 0)
            cancellation.ThrowIfCancellationRequested();
        _edges[from].Add(edge);
    }

    // A left-recursive rule would be called without end. No called rule matches the empty text, so only edges without a byte come before the first
    // call.
    private void RefuseLeftRecursion()
    {
        var first = _rules.Select(rule => FirstCalls(rule.Start)).ToArray();
        var state = new byte[first.Length];
        var path = new Stack<(int Rule, int Next)>();
        for (var root = 0; root < first.Length; root++)
        {
            if (state[root] != 0)
                continue;
            state[root] = 1;
            path.Push((root, 0));
            while (path.TryPop(out var at))
            {
                if (at.Next == first[at.Rule].Count)
                {
                    state[at.Rule] = 2;
                    continue;
                }

                path.Push((at.Rule, at.Next + 1));
                var called = first[at.Rule][at.Next];
                if (state[called] == 1)
                {
                    var origin = _rules[called].Origin.ToString();
                    throw new ConstraintException($"A chain of '$ref' leads from {origin} back to itself with nothing in between.", "$ref", origin);
                }

                if (state[called] == 0)
                {
                    state[called] = 1;
                    path.Push((called, 0));
                }
            }
        }
    }

    private List<int> FirstCalls(int start)
    {
        var calls = new List<int>();
        var seen = new HashSet<int> { start };
        var work = new Stack<int>([start]);
        while (work.TryPop(out var state))
        {
            foreach (var edge in _edges[state])
            {
                if (edge.IsCall)
                    calls.Add(edge.Rule);
                else if (!edge.IsByte && seen.Add(edge.Target))
                    work.Push(edge.Target);
            }
        }

        return calls;
    }

    private static (byte[] ClassOf, int Classes) Classes(Edge[][] edges)
    {
        var begins = new bool[257];
        foreach (var edge in edges.SelectMany(static from => from).Where(static edge => edge.IsByte))
            begins[edge.First] = begins[edge.Last + 1] = true;
        var classOf = new byte[256];
        var last = 0;
        for (var value = 1; value < 256; value++)
            classOf[value] = (byte)(last += begins[value] ? 1 : 0);
        return (classOf, last + 1);
    }
}
