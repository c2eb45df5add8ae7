namespace Cambium.Constraints;

/// <summary>Finds the states of a grammar from which an answer can go on to an end.</summary>
internal static class Reachability
{
    /// <summary>
    /// For each state: whether the end of its rule can be reached by edges over allowed bytes, edges without a byte, and calls of rules that can end.
    /// </summary>
    /// <param name="edges">Edges by their source state.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="isAllowed">Whether an edge over bytes counts.</param>
    public static bool[] OfEnds(IReadOnlyList<IReadOnlyList<Edge>> edges, IReadOnlyList<Rule> rules, Func<Edge, bool> isAllowed)
    {
        var into = new List<(int From, Edge Edge)>[edges.Count];
        var waiting = new List<(int From, Edge Edge)>[edges.Count];
        for (var from = 0; from < edges.Count; from++)
        {
            foreach (var edge in edges[from])
            {
                if (edge.IsByte && !isAllowed(edge))
                    continue;
                (into[edge.Target] ??= []).Add((from, edge));
                if (edge.IsCall)
                    (waiting[rules[edge.Rule].Start] ??= []).Add((from, edge));
            }
        }

        var reaches = new bool[edges.Count];
        var work = new Stack<int>();
        foreach (var rule in rules)
            Mark(rule.End);
        while (work.TryPop(out var state))
        {
            foreach (var (from, edge) in into[state] ?? [])
            {
                if (!edge.IsCall || reaches[rules[edge.Rule].Start])
                    Mark(from);
            }

            foreach (var (from, edge) in waiting[state] ?? [])
            {
                if (reaches[edge.Target])
                    Mark(from);
            }
        }

        return reaches;

        void Mark(int state)
        {
            if (reaches[state])
                return;
            reaches[state] = true;
            work.Push(state);
        }
    }
}
