using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

// Who may start.
internal sealed partial class Scheduler
{
    private Sequence? _refused;
    private int _refusedPages;
    private int _refusedRunning;

    private int Pages(int tokens) => (tokens + tree.ChunkSize - 1) / tree.ChunkSize;

    // In order of arrival, as long as the pool has room for what the running sequences know they will compute and for the prompt of the next.
    // Answers grow beyond that: when the pool is full then, the youngest sequence waits again.
    private void Admit()
    {
        while (_running.Count < _places.Length && FirstReady() is { } sequence)
        {
            var available = tree.FreePages + tree.CachedPages;
            if (ReferenceEquals(sequence, _refused) && available == _refusedPages && _running.Count == _refusedRunning)
                return;

            sequence.Tail = tree.Enter(sequence.Key);
            sequence.Computed = sequence.WantsAllRows ? 0 : tree.Follow(ref sequence.Tail, sequence.Tokens.AsSpan(0, sequence.Length - 1));
            if (_running.Count > 0 && MissingPages(sequence) + ReservedPages() > tree.FreePages + tree.CachedPages)
            {
                tree.Release(sequence.Tail);
                sequence.Computed = 0;
                (_refused, _refusedPages, _refusedRunning) = (sequence, tree.FreePages + tree.CachedPages, _running.Count);
                return;
            }

            _refused = null;
            _waiting.Remove(sequence);
            sequence.Place = Array.IndexOf(_places, null);
            _places[sequence.Place] = sequence;
            _running.Add(sequence);
        }
    }

    // Who waits for its reader does not need to run.
    private Sequence? FirstReady()
    {
        var sequence = _waiting.First;
        while (sequence is { Paused: true })
            sequence = sequence.After;
        return sequence;
    }

    // Pages for all tokens that are known, and for the one that follows.
    private int MissingPages(Sequence sequence) => Math.Max(0, Pages(sequence.Length + 1) - Pages(sequence.Computed));

    private int ReservedPages()
    {
        // A margin lets answers grow for a while before somebody has to go.
        var reserved = Math.Min(_running.Count, tree.Pages / 8);
        foreach (var sequence in _running)
            reserved += MissingPages(sequence);
        return reserved;
    }
}
