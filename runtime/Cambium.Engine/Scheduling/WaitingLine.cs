namespace Cambium.Runtime.Scheduling;

/// <summary>Sequences that wait for room, in order; any of them can leave.</summary>
internal sealed class WaitingLine
{
    private Sequence? _last;

    public Sequence? First { get; private set; }

    public int Count { get; private set; }

    public void AddLast(Sequence sequence)
    {
        sequence.Before = _last;
        sequence.After = null;
        if (_last is null)
            First = sequence;
        else
            _last.After = sequence;
        _last = sequence;
        sequence.IsWaiting = true;
        Count++;
    }

    public void AddFirst(Sequence sequence)
    {
        sequence.Before = null;
        sequence.After = First;
        if (First is null)
            _last = sequence;
        else
            First.Before = sequence;
        First = sequence;
        sequence.IsWaiting = true;
        Count++;
    }

    public void Remove(Sequence sequence)
    {
        if (sequence.Before is null)
            First = sequence.After;
        else
            sequence.Before.After = sequence.After;
        if (sequence.After is null)
            _last = sequence.Before;
        else
            sequence.After.Before = sequence.Before;
        sequence.Before = sequence.After = null;
        sequence.IsWaiting = false;
        Count--;
    }
}
