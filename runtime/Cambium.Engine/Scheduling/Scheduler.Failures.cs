using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

// A step that failed. Nobody can say which row was at fault, so its sequences are tried one by one: what a sequence computes does not depend on
// what else is in its steps, and the one at fault fails alone.
internal sealed partial class Scheduler
{
    private int _suspects;

    /// <summary>The step has not run: what was placed for it is forgotten.</summary>
    /// <returns>The sequence at fault, which is still there; null if it is one of several, which run alone from now on.</returns>
    public Sequence? Fail()
    {
        var parts = 0;
        foreach (var sequence in _running)
            parts += sequence.Rows > 0 ? 1 : 0;
        if (parts > 1)
            Retries++;

        Sequence? culprit = null;
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            var sequence = _running[i];
            if (sequence.Rows > 0)
            {
                Acquit(sequence);
                if (parts == 1)
                {
                    culprit = sequence;
                }
                else
                {
                    sequence.SuspectUntil = sequence.Computed + sequence.Rows;
                    _suspects++;
                }

                Suspend(sequence);
            }
            else if (!tree.IsComputed(sequence.Tail))
            {
                // It was about to read what the others would have computed.
                Suspend(sequence);
            }
        }

        return culprit;
    }

    private void Acquit(Sequence sequence)
    {
        if (sequence.SuspectUntil == 0)
            return;
        sequence.SuspectUntil = 0;
        _suspects--;
    }

    private Sequence? NextSuspect()
    {
        if (_suspects == 0)
            return null;
        foreach (var sequence in _running)
        {
            if (sequence is { SuspectUntil: > 0, Paused: false })
                return sequence;
        }

        Sequence? next = null;
        for (var sequence = _waiting.First; sequence is not null; sequence = sequence.After)
        {
            if (sequence is { SuspectUntil: > 0, Paused: false } && (next is null || IsSooner(sequence, next)))
                next = sequence;
        }

        return next;
    }

    private int SelectAlone(Sequence sequence, out Sequence? starved)
    {
        starved = null;
        if (sequence.IsWaiting)
        {
            if (_running.Count == _places.Length)
                Suspend(_running[^1]);
            Enter(sequence);
            Start(sequence);
        }

        while (true)
        {
            // Nobody else computes in this step, so there is nothing to wait for.
            if (!sequence.WantsAllRows)
                CatchUp(sequence);
            var wanted = sequence.IsGenerating ? 1 : Math.Min(maxPromptRows, sequence.Length - sequence.Computed);
            var placed = Place(sequence, sequence.WantsAllRows ? Math.Min(wanted, 1 + maxRunning - _running.Count) : wanted);
            if (placed > 0)
            {
                PromptRows = sequence.IsGenerating ? 0 : placed;
                return placed;
            }

            // The others of its share go, the last in rank first.
            var other = _running.FindLast(running => !ReferenceEquals(running, sequence) && ReferenceEquals(running.Budget, sequence.Budget));
            if (other is null)
            {
                starved = sequence;
                return 0;
            }

            Suspend(other);
        }
    }
}
