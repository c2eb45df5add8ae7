namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Waiting sequences in the order of <see cref="Ranking.CompareWaiting"/>. A sorted array: the first ready sequence is found at once, and a removal
/// moves 8 bytes for each sequence after it, less than a microsecond for thousands.
/// </summary>
/// <param name="maxBypasses">Bypasses after which a sequence is aged.</param>
internal sealed class WaitingQueue<TSequence>(int maxBypasses)
    where TSequence : Sequence
{
    private readonly List<TSequence> _sequences = [];

    public int Count => _sequences.Count;

    /// <summary>Number of waiting sequences that have run before and were preempted.</summary>
    public int PreemptedCount { get; private set; }

    /// <summary>
    /// The highest round of the sequences that have started: start-time fair queuing (Goyal, Vin and Cheng 1996) with requests as flows.
    /// </summary>
    public long Round { get; private set; }

    /// <summary>Index of the first sequence that may start; -1 if there is none.</summary>
    public int FirstReady
    {
        get
        {
            for (var i = 0; i < _sequences.Count; i++)
            {
                if (_sequences[i].IsReady)
                    return i;
            }

            return -1;
        }
    }

    public TSequence this[int index] => _sequences[index];

    /// <summary>Adds a sequence. While it waits, only this class may change the values that decide its order.</summary>
    public void Add(TSequence sequence)
    {
        sequence.IsWaiting = true;
        sequence.IsAged |= sequence.Bypasses >= maxBypasses;
        PreemptedCount += sequence.WasPreempted ? 1 : 0;
        _sequences.Insert(IndexOf(sequence), sequence);
    }

    public void Remove(TSequence sequence)
    {
        sequence.IsWaiting = false;
        PreemptedCount -= sequence.WasPreempted ? 1 : 0;
        _sequences.RemoveAt(IndexOf(sequence));
    }

    /// <summary>Counts a bypass for all sequences that arrived before the given one, which starts now.</summary>
    public void CountBypasses(TSequence starting)
    {
        Round = Math.Max(Round, starting.Round);
        for (var i = 0; i < _sequences.Count; i++)
        {
            var sequence = _sequences[i];
            // Of several answers only the next one ages: each request is bypassed a limited number of times per answer, one after the other.
            var isNext = sequence.Before is not { IsWaiting: true, WasPreempted: false };
            if (!isNext || sequence.Number >= starting.Number || ++sequence.Bypasses < maxBypasses || sequence.IsAged)
                continue;
            // An aged sequence moves towards the front, over sequences that were counted already.
            _sequences.RemoveAt(i);
            sequence.IsAged = true;
            _sequences.Insert(IndexOf(sequence), sequence);
        }
    }

    /// <summary>Index of a sequence, or the index at which it has to be inserted.</summary>
    private int IndexOf(TSequence sequence)
    {
        var (low, high) = (0, _sequences.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Ranking.CompareWaiting(_sequences[middle], sequence) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
