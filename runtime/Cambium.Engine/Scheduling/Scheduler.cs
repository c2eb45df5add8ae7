using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Decides what each step computes: one token of every generating sequence, then prompts by rank and arrival, up to a number of rows. It has
/// no clock: equal calls give equal steps. The policies are the other classes of this folder.
/// </summary>
/// <typeparam name="TSequence">The caller's sequences.</typeparam>
internal sealed class Scheduler<TSequence>
    where TSequence : Sequence
{
    private readonly PrefixTree _tree;
    private readonly SequencePaths _paths;
    private readonly Preemption<TSequence> _preemption;
    private readonly Admission<TSequence> _admission;
    private readonly Decode<TSequence> _decode;
    private readonly Prefill<TSequence> _prefill;
    private readonly Retry<TSequence> _retry;

    /// <param name="tree">The KV cache.</param>
    /// <param name="maxRunning">Sequences that run at once.</param>
    /// <param name="maxPromptRows">Prompt rows in one step.</param>
    /// <param name="maxBypasses">Times that later sequences may be scheduled ahead of an earlier one.</param>
    public Scheduler(PrefixTree tree, int maxRunning, int maxPromptRows, int maxBypasses)
    {
        _tree = tree;
        _paths = new SequencePaths(tree);
        Running = new RunningSet<TSequence>(maxRunning);
        Waiting = new WaitingQueue<TSequence>(maxBypasses);
        Demand = new PageDemand<TSequence>(Running, tree.ChunkSize);
        _preemption = new Preemption<TSequence>(Running, Waiting, _paths);
        _admission = new Admission<TSequence>(Running, Waiting, _paths, Demand, _preemption);
        _decode = new Decode<TSequence>(Running, _paths, _preemption);
        _prefill = new Prefill<TSequence>(Running, _paths, maxPromptRows);
        _retry = new Retry<TSequence>(Running, Waiting, _paths, _admission, _preemption, maxPromptRows);
    }

    public RunningSet<TSequence> Running { get; }

    public WaitingQueue<TSequence> Waiting { get; }

    public PageDemand<TSequence> Demand { get; }

    /// <summary>Sequences whose chunks were released for others.</summary>
    public long Preemptions => _preemption.Count;

    /// <summary>Failed steps whose sequences were repeated one at a time.</summary>
    public long Retries => _retry.Count;

    /// <summary>Rows placed for the coming step that belong to prompts.</summary>
    public int PromptRows { get; private set; }

    /// <summary>Puts a new sequence into the queue.</summary>
    public void Enqueue(TSequence sequence)
    {
        sequence.Budget = _tree.BudgetOf(sequence.Key);
        sequence.Round += Waiting.Round;
        Waiting.Add(sequence);
    }

    /// <summary>Takes a sequence out, whether it runs, waits or has left already, and releases its chunks. Between steps only.</summary>
    public void Remove(TSequence sequence)
    {
        _retry.Clear(sequence);
        if (sequence.IsWaiting)
            Waiting.Remove(sequence);
        else if (sequence.Place >= 0)
            _preemption.Stop(sequence);
    }

    /// <summary>Places the tokens of the coming step in the tree.</summary>
    /// <param name="starved">A sequence that finds no page although no other one uses its share of the pool; the caller has to end it.</param>
    /// <returns>Rows placed.</returns>
    public int Select(out TSequence? starved)
    {
        if (_retry.Next is { } retried)
            return SelectAlone(retried, out starved);
        while (true)
        {
            _admission.Admit();
            var rows = _decode.Place(out starved);
            if (starved is not null)
                return 0;
            PromptRows = _prefill.Place(out var lacking);
            rows += PromptRows;
            if (rows > 0)
                return rows;

            if (lacking is not null)
            {
                var last = Running.LastOf(lacking, out var isAlone)!;
                if (!isAlone)
                {
                    _preemption.Preempt(last);
                }
                else if (!_preemption.TryPreemptReader(lacking, out _))
                {
                    starved = last;
                    return 0;
                }
            }
            else if (Waiting.FirstReady >= 0 && Running.LastPaused is { } paused)
            {
                // All running sequences wait for their consumers; they must not hold places.
                _preemption.Preempt(paused);
            }
            else
            {
                return 0;
            }
        }
    }

    /// <summary>The step has run.</summary>
    public void Commit()
    {
        foreach (var sequence in Running)
        {
            if (sequence.Rows == 0)
                continue;
            _paths.Commit(sequence);
            if (sequence.Computed >= sequence.RetryUntil)
                _retry.Clear(sequence);
        }
    }

    /// <inheritdoc cref="Retry{TSequence}.Fail"/>
    public TSequence? Fail() => _retry.Fail();

    private int SelectAlone(TSequence sequence, out TSequence? starved)
    {
        var rows = _retry.Place(sequence, out var isStarved);
        starved = isStarved ? sequence : null;
        PromptRows = sequence.IsGenerating ? 0 : rows;
        return rows;
    }
}
