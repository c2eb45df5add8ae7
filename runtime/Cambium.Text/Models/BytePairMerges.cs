using System.Buffers;

namespace Cambium.Text;

/// <summary>
/// The merge loop of byte-pair encoding: merges the adjacent pair of lowest rank, the leftmost among equals, until no pair is in the table.
/// A heap of candidates over a linked list: O(n log n), also for a page without a space.
/// </summary>
internal sealed class BytePairMerges
{
    private readonly Dictionary<ulong, (int Rank, int Id)> _table = [];

    /// <summary>Takes memory for a number of merges.</summary>
    public void Reserve(int merges) => _table.EnsureCapacity(merges);

    /// <summary>Adds the merge of next rank. A pair that exists already gets the new rank.</summary>
    public void Add(int left, int right, int rank, int merged) => _table[Key(left, right)] = (rank, merged);

    /// <summary>The merges whose result is not one of some tokens; the same object if that is all of them.</summary>
    public BytePairMerges Without(Func<int, bool> isExcluded)
    {
        if (!_table.Values.Any(merge => isExcluded(merge.Id)))
            return this;
        var rest = new BytePairMerges();
        foreach ((ulong pair, (int rank, int id)) in _table)
        {
            if (!isExcluded(id))
                rest._table.Add(pair, (rank, id));
        }

        return rest;
    }

    /// <summary>Merges in place.</summary>
    /// <returns>Number of symbols that remain, at the start of the span.</returns>
    public int Apply(Span<int> symbols)
    {
        int count = symbols.Length;
        if (count < 2)
            return count;
        int[] links = ArrayPool<int>.Shared.Rent(2 * count);
        Span<int> next = links.AsSpan(0, count);
        Span<int> previous = links.AsSpan(count, count);
        var candidates = new PriorityQueue<int, (int Rank, int At)>(count);
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
            if (i + 1 < count)
                Consider(candidates, i, symbols[i], symbols[i + 1]);
        }

        const int gone = -1;
        while (candidates.TryDequeue(out int at, out var priority))
        {
            int right = symbols[at] == gone ? -1 : next[at];
            // Stale: the pair has changed since this candidate was queued, and the new pair was queued then.
            if (right < 0 || !_table.TryGetValue(Key(symbols[at], symbols[right]), out var merge) || merge.Rank != priority.Rank)
                continue;
            symbols[at] = merge.Id;
            symbols[right] = gone;
            next[at] = next[right];
            if (next[at] >= 0)
            {
                previous[next[at]] = at;
                Consider(candidates, at, symbols[at], symbols[next[at]]);
            }

            if (previous[at] >= 0)
                Consider(candidates, previous[at], symbols[previous[at]], symbols[at]);
        }

        int kept = 0;
        for (int at = 0; at >= 0; at = next[at])
            symbols[kept++] = symbols[at];
        ArrayPool<int>.Shared.Return(links);
        return kept;
    }

    private void Consider(PriorityQueue<int, (int, int)> candidates, int at, int left, int right)
    {
        if (_table.TryGetValue(Key(left, right), out var merge))
            candidates.Enqueue(at, (merge.Rank, at));
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
