using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Running sequences in the order of <see cref="Ranking.CompareRunning"/>. Each has a place: a small index by which the tree and the plan refer to
/// it.
/// </summary>
/// <param name="capacity">Sequences that may run at once.</param>
internal sealed class RunningSet<TSequence>(int capacity)
    where TSequence : Sequence
{
    private readonly TSequence[] _sequences = new TSequence[capacity];
    private readonly TSequence?[] _places = new TSequence?[capacity];
    private readonly PriorityQueue<int, int> _freePlaces = new(Enumerable.Range(0, capacity).Select(static place => (place, place)));

    public int Count { get; private set; }

    public bool IsFull => Count == capacity;

    /// <summary>Places that are free.</summary>
    public int Free => capacity - Count;

    /// <summary>The sequence of the lowest rank; there must be one.</summary>
    public TSequence Last => _sequences[Count - 1];

    /// <summary>The sequence of the lowest rank whose consumer is slow.</summary>
    public TSequence? LastPaused
    {
        get
        {
            for (var i = Count - 1; i >= 0; i--)
            {
                if (_sequences[i].Paused)
                    return _sequences[i];
            }

            return null;
        }
    }

    public TSequence this[int index] => _sequences[index];

    /// <summary>The sequence at a place.</summary>
    public TSequence At(int place) => _places[place]!;

    /// <summary>Without the checks of a list: steps run through all sequences several times.</summary>
    public ReadOnlySpan<TSequence>.Enumerator GetEnumerator() => new ReadOnlySpan<TSequence>(_sequences, 0, Count).GetEnumerator();

    public void Add(TSequence sequence)
    {
        sequence.Place = _freePlaces.Dequeue();
        _places[sequence.Place] = sequence;
        var at = Count++;
        for (; at > 0 && Ranking.CompareRunning(sequence, _sequences[at - 1]) < 0; at--)
            _sequences[at] = _sequences[at - 1];
        _sequences[at] = sequence;
    }

    public void Remove(TSequence sequence)
    {
        var at = Array.IndexOf(_sequences, sequence, 0, Count);
        Count--;
        Array.Copy(_sequences, at + 1, _sequences, at, Count - at);
        _sequences[Count] = null!;
        _places[sequence.Place] = null;
        _freePlaces.Enqueue(sequence.Place, sequence.Place);
        sequence.Place = -1;
    }

    /// <summary>The sequence of the lowest rank in a share of the pool.</summary>
    /// <param name="isAlone">Whether no other sequence runs in that share.</param>
    public TSequence? LastOf(Budget budget, out bool isAlone)
    {
        TSequence? last = null;
        isAlone = true;
        for (var i = Count - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(_sequences[i].Budget, budget))
                continue;
            if (last is not null)
            {
                isAlone = false;
                return last;
            }

            last = _sequences[i];
        }

        return last;
    }

    /// <summary>The sequence of the lowest rank among the others in a sequence's share of the pool; null if there is none.</summary>
    public TSequence? LastSharingWith(TSequence sequence)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            var other = _sequences[i];
            if (!ReferenceEquals(other, sequence) && ReferenceEquals(other.Budget, sequence.Budget))
                return other;
        }

        return null;
    }
}
