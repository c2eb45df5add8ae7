using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Decides what each step computes: first one token of every generating sequence, then prompts by rank and arrival, up to a number of
/// rows. Plain data and no clock: the same calls give the same steps.
/// </summary>
/// <param name="tree">Where keys and values go.</param>
/// <param name="maxRunning">Sequences that run at once.</param>
/// <param name="maxPromptRows">Rows of prompts in one step.</param>
/// <param name="maxOvertakes">How often a sequence may be overtaken by others that came later.</param>
internal sealed partial class Scheduler(PrefixTree tree, int maxRunning, int maxPromptRows, int maxOvertakes)
{
    private readonly List<Sequence> _running = new(maxRunning);
    private readonly Sequence?[] _places = new Sequence?[maxRunning];
    private readonly WaitingLine _waiting = new();

    /// <summary>Running sequences by rank, then by arrival: the last is the first that gives its chunks to others.</summary>
    public List<Sequence> Running => _running;

    public int WaitingCount => _waiting.Count;

    /// <summary>Sequences that gave their chunks back for others.</summary>
    public long Preemptions { get; private set; }

    /// <summary>Rows placed for the coming step that belong to prompts.</summary>
    public int PromptRows { get; private set; }

    /// <summary>The running sequence with this place.</summary>
    public Sequence At(int place) => _places[place]!;

    /// <summary>The first of those that wait, linked by <see cref="Sequence.After"/>.</summary>
    public Sequence? FirstWaiting => _waiting.First;

    /// <summary>Steps that failed and whose sequences are tried one by one.</summary>
    public long Retries { get; private set; }

    /// <summary>Puts a sequence at the end of the line.</summary>
    public void Enqueue(Sequence sequence)
    {
        sequence.IsAged = maxOvertakes == 0;
        sequence.Budget = tree.BudgetOf(sequence.Key);
        _waiting.AddLast(sequence);
    }

    /// <summary>Takes a sequence out, wherever it is, and gives back what it has. Only between steps.</summary>
    public void Remove(Sequence sequence)
    {
        Acquit(sequence);
        if (sequence.IsWaiting)
            _waiting.Remove(sequence);
        else if (sequence.Place >= 0)
            Stop(sequence);
    }

    /// <summary>Places the tokens of the coming step in the tree.</summary>
    /// <param name="starved">A sequence that has its share of the pool to itself and still finds no page; it has to be given up.</param>
    /// <returns>Rows placed.</returns>
    public int Select(out Sequence? starved)
    {
        starved = null;
        if (NextSuspect() is { } suspect)
            return SelectAlone(suspect, out starved);
        while (true)
        {
            Admit();
            var rows = PlaceNewest(ref starved);
            if (starved is not null)
                return 0;
            PromptRows = PlacePrompts(out var lacking);
            rows += PromptRows;
            if (rows > 0)
                return rows;
            if (lacking is null)
            {
                // Nobody who waits for its reader keeps others out.
                if (!IsAnyReady() || YoungestPaused() is not { } paused)
                    return 0;
                Preempt(paused);
                continue;
            }

            var last = LastOf(lacking, out var isAlone)!;
            if (isAlone)
            {
                starved = last;
                return 0;
            }

            Preempt(last);
        }
    }

    /// <summary>The step has run.</summary>
    public void Commit()
    {
        foreach (var sequence in _running)
        {
            if (sequence.Rows == 0)
                continue;
            tree.Commit(ref sequence.Tail);
            sequence.PromptRows += Math.Clamp(sequence.PromptLength - sequence.Computed, 0, sequence.Rows);
            sequence.Computed += sequence.Rows;
            sequence.Rows = 0;
            if (sequence.Computed >= sequence.SuspectUntil)
                Acquit(sequence);
        }
    }

    private int PlaceNewest(ref Sequence? starved)
    {
        var rows = 0;
        for (var i = 0; i < _running.Count; i++)
        {
            var sequence = _running[i];
            if (!sequence.IsGenerating || sequence.Paused || sequence.SuspectUntil > 0)
                continue;

            // Placed already, before somebody else was found to starve.
            if (sequence.Rows > 0)
            {
                rows += sequence.Rows;
                continue;
            }

            while (Place(sequence, 1) == 0)
            {
                // The last in rank has the least to lose, and comes after everyone of its share who has placed a token for this step.
                var last = LastOf(sequence.Budget, out var isAlone)!;
                if (isAlone)
                {
                    starved = sequence;
                    return 0;
                }

                Preempt(last);
                if (ReferenceEquals(last, sequence))
                {
                    i--;
                    break;
                }
            }

            rows += sequence.Rows;
        }

        return rows;
    }

    private int PlacePrompts(out Budget? lacking)
    {
        lacking = null;
        var rows = 0;
        foreach (var sequence in _running)
            rows += sequence.IsGenerating ? 0 : sequence.Rows;
        var spareResults = maxRunning - _running.Count;

        // The oldest prompt goes on whatever comes, so that no stream of others of higher rank takes all of the rows; then by rank.
        var oldest = OldestPrompt();
        for (var i = oldest is null ? 0 : -1; i < _running.Count && rows < maxPromptRows; i++)
        {
            var sequence = i < 0 ? oldest! : _running[i];
            // Whoever waits for its reader still computes its prompt, which others may be waiting for, but not the token that gives a result.
            var end = sequence.Paused ? sequence.Length - 1 : sequence.Length;
            if (sequence.Rows > 0 || sequence.Computed >= end || sequence.SuspectUntil > 0)
                continue;
            if (!sequence.WantsAllRows && !CatchUp(sequence))
                continue;

            var wanted = Math.Min(maxPromptRows - rows, end - sequence.Computed);
            if (wanted == 0)
                continue;
            if (sequence.WantsAllRows)
                wanted = Math.Min(wanted, 1 + spareResults);
            var placed = Place(sequence, wanted);
            if (sequence.WantsAllRows)
                spareResults -= Math.Max(0, placed - 1);
            if (placed == 0)
                lacking ??= sequence.Budget;
            rows += placed;
        }

        return rows;
    }

    private Sequence? OldestPrompt()
    {
        Sequence? oldest = null;
        foreach (var sequence in _running)
        {
            if (sequence.Rows == 0 && sequence.Computed < sequence.Length - 1 && sequence.SuspectUntil == 0 && (oldest is null || sequence.Number < oldest.Number))
                oldest = sequence;
        }

        return oldest;
    }

    // Takes what is in the tree by now. False if another sequence is about to compute what comes next.
    private bool CatchUp(Sequence sequence)
    {
        // The last token is always computed: its row gives the result.
        var known = sequence.Tokens.AsSpan(0, sequence.Length - 1);
        sequence.Computed += tree.Follow(ref sequence.Tail, known[sequence.Computed..]);
        sequence.Computed += tree.Join(ref sequence.Tail, known[sequence.Computed..], sequence.Place, out var pending);
        return !pending;
    }

    private int Place(Sequence sequence, int count)
    {
        var placed = 0;
        while (placed < count)
        {
            var n = tree.Append(ref sequence.Tail, sequence.Pending, count - placed, sequence.Place);
            if (n == 0)
                break;
            sequence.Rows += n;
            placed += n;
        }

        return placed;
    }

    /// <summary>The last in rank of those that run in a share of the pool.</summary>
    private Sequence? LastOf(Budget budget, out bool isAlone)
    {
        Sequence? last = null;
        isAlone = true;
        foreach (var sequence in _running)
        {
            if (!ReferenceEquals(sequence.Budget, budget))
                continue;
            isAlone = last is null;
            last = sequence;
        }

        return last;
    }

    private Sequence? YoungestPaused()
    {
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].Paused)
                return _running[i];
        }

        return null;
    }

    private void Preempt(Sequence sequence)
    {
        Preemptions++;
        Overtake(sequence);
        Suspend(sequence);
    }

    private void Suspend(Sequence sequence)
    {
        sequence.WasPreempted = true;
        Stop(sequence);
        _waiting.AddFirst(sequence);
    }

    private void Stop(Sequence sequence)
    {
        tree.Release(sequence.Tail, sequence.CachePriority);
        _running.Remove(sequence);
        _places[sequence.Place] = null;
        sequence.Place = -1;
        sequence.Tail = default;
        sequence.Computed = 0;
        sequence.Rows = 0;
    }
}
