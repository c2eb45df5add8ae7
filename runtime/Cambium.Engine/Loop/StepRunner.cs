using System.Globalization;
using System.Runtime.InteropServices;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Threading;

namespace Cambium.Runtime;

/// <summary>
/// Runs the model over the rows that were placed in the tree. The only class of the loop that knows the model, its threads and the memory of a step.
/// </summary>
internal sealed unsafe class StepRunner : IStepObserver, IDisposable
{
    private readonly CompiledModel _model;
    private readonly RunningSet<Generation> _running;
    private readonly Team _team;
    private readonly Planner _planner;
    private readonly StepBuffers _buffers;
    private readonly AttentionProbe _probe = new();
    private readonly Step _step;
    private readonly List<StepOutput> _outputs;
    private PlanOptions _planOptions;

    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="options">Threads and the choice of attention blocks.</param>
    /// <param name="memory">Sizes.</param>
    /// <param name="tree">The KV cache.</param>
    /// <param name="running">The sequences that rows belong to.</param>
    public StepRunner(CompiledModel model, EngineOptions options, EngineMemory memory, PrefixTree tree, RunningSet<Generation> running)
    {
        _model = model;
        _running = running;
        _buffers = new StepBuffers(memory.MaxRows, options.MaxSequences, model.OutputWidth, memory.ArenaBytes);
        // One path for every sequence, so that lists need not grow even when no block is shared; within reason.
        _planner = new Planner(
            tree, memory.MaxRows, (int)Math.Min(1 << 20, (long)options.MaxSequences * ((memory.Limits.ContextLength / options.ChunkSize) + 1)));
        _outputs = new List<StepOutput>(options.MaxSequences);
        _team = new Team(options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
        // Of several kinds of attention the one with the most keys and values decides.
        var widest = model.CacheSites.DefaultIfEmpty(new CacheSite(1, 1, 1, 1))
            .MaxBy(static site => (long)site.Layers * site.KvHeads * (site.KeySize + site.ValueSize));
        _planOptions = new PlanOptions(
            options.TwoPhase,
            options.TwoPhaseThreshold,
            options.MaxBlockRows,
            _team.Threads,
            widest.KvHeads,
            Math.Max(1, widest.Heads / widest.KvHeads),
            widest.KvHeads * (widest.KeySize + widest.ValueSize) * sizeof(float));
        Vocabulary = Math.Min(model.OutputWidth, model.EntryPoints[0].Inputs[0].Limit ?? int.MaxValue);
        _step = new Step(_team, memory.Layout)
        {
            Probe = _probe,
            Plan = _planner.Plan,
            Tokens = _buffers.Tokens,
            Positions = _buffers.Positions,
            ChunkOfRow = _buffers.ChunkOfRow,
            SlotOfRow = _buffers.SlotOfRow,
            OutputRows = _buffers.OutputRows,
            Logits = _buffers.Logits,
            LogitsStride = _buffers.LogitsStride,
            Arena = _buffers.Arena,
        };
    }

    /// <summary>
    /// Token ids that the model can read are below this. Its results may be wider: a head can be padded beyond the embedding table.
    /// </summary>
    public int Vocabulary { get; }

    /// <summary><see cref="EngineOptions.TwoPhase"/>.</summary>
    public bool? TwoPhase
    {
        get => _planOptions.TwoPhase;
        set => _planOptions = _planOptions with { TwoPhase = value };
    }

    /// <summary>Calls the observers of the requests in a step.</summary>
    public ObserverCalls Observers { get; } = new();

    /// <summary>The rows of the last step whose results are wanted, in ascending order.</summary>
    public ReadOnlySpan<StepOutput> Outputs => CollectionsMarshal.AsSpan(_outputs);

    /// <summary>Counters of plans.</summary>
    public ref readonly PlanCounters PlanCounters => ref _planner.Counters;

    /// <summary>Stopwatch ticks spent in attention so far.</summary>
    public long AttentionTicks => _step.AttentionTicks;

    /// <summary>
    /// Share of attention time that the last plan saves over one sequence after the other: as measured, or as estimated before the first measurement.
    /// </summary>
    public double AttentionSaving => _planner.SharedBlocks == 0 ? 0 : _probe.Saving ?? _planner.EstimatedSaving;

    public AttentionDecision LastAttention =>
        new(_step.Rows, _step.Plan.Blocks.Count, _planner.SharedBlocks, _planner.EstimatedSaving, _probe.Saving);

    /// <summary>Plans the coming step.</summary>
    /// <param name="rows">Rows that were placed in the tree.</param>
    public void Plan(int rows)
    {
        _planner.Describe(_buffers, rows, _planOptions);
        _probe.Begin(_planner.Plain, _planner.WasReused);
        ChooseOutputs(rows);
    }

    /// <summary>Runs the model once.</summary>
    public void Run() => _model.RunStep(0, _step, _buffers.MaxRows, _buffers.MaxOutputs);

    /// <summary>Logits of a result of the last step.</summary>
    public ReadOnlySpan<float> Logits(int output) => new(_buffers.Logits + ((nint)output * _buffers.LogitsStride), _model.OutputWidth);

    /// <summary>Shows the logits to the observers.</summary>
    public void ShowLogits()
    {
        foreach (ref readonly var output in Outputs)
            Observers.Logits(output.Answer, output.TokenIndex, Logits(output.Index));
    }

    /// <summary>Does work for every result, on all threads.</summary>
    public void ForEachOutput<T>(in T work)
        where T : struct, IWork => _team.Run(work, _outputs.Count);

    /// <summary>Memory to sample one token in, on a thread of <see cref="ForEachOutput"/>.</summary>
    public SamplerScratch Scratch(int thread) => new(_team.Scratch(thread, SamplerScratch.Bytes(_model.OutputWidth)), _model.OutputWidth);

    /// <summary>The plan of the last step's attention as text: its nodes, its blocks, and their estimated and measured saving.</summary>
    public string DescribePlan()
    {
        var last = LastAttention;
        var measured = last.MeasuredSaving is { } saving ? string.Create(CultureInfo.InvariantCulture, $"{saving:P0}") : "nothing yet";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{last.Rows} rows in {last.Blocks} blocks, {last.SharedBlocks} of them of several sequences; "
            + $"saves {last.EstimatedSaving:P0} of the time by estimate, {measured} as measured\n{_planner.Plan}");
    }

    public void Dispose()
    {
        _team.Dispose();
        _buffers.Dispose();
    }

    void IStepObserver.Hidden(int index, float* rows, int stride, int width, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (answer, tokenIndex) = OwnerOf(i, count);
            Observers.Hidden(answer, index, tokenIndex, new ReadOnlySpan<float>(rows + ((nint)i * stride), width));
        }
    }

    void IStepObserver.Tap(string name, int index, float* rows, int stride, int width, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (answer, tokenIndex) = OwnerOf(i, count);
            Observers.Tap(answer, name, index, tokenIndex, new ReadOnlySpan<float>(rows + ((nint)i * stride), width));
        }
    }

    /// <summary>The answer and the token of one of <paramref name="count"/> rows: all of the step's, or its output rows.</summary>
    private (Generation Answer, int TokenIndex) OwnerOf(int i, int count)
    {
        var row = count == _planner.Rows ? i : _buffers.OutputRows[i];
        var answer = _running.At(_planner.OwnerOfRow[row]);
        return (answer, TokenIndex(answer, row));
    }

    // The newest token of a sequence gives its next one; observers and log probabilities of prompts want every row.
    private void ChooseOutputs(int rows)
    {
        _outputs.Clear();
        var observed = false;
        var owners = _planner.OwnerOfRow;
        for (var row = 0; row < rows; row++)
        {
            var answer = _running.At(owners[row]);
            // Rows of a sequence are neighbours, in order: after its last one comes a row of another sequence.
            var isLast = row + 1 == rows || owners[row + 1] != owners[row];
            var isNewest = isLast && answer.Computed + answer.Rows == answer.Length;
            observed |= answer.Request.Observer is not null;
            if (!isNewest && !answer.WantsAllRows)
                continue;
            _buffers.OutputRows[_outputs.Count] = row;
            _outputs.Add(new StepOutput(_outputs.Count, answer, TokenIndex(answer, row), isNewest));
        }

        _step.Rows = rows;
        _step.OutputCount = _outputs.Count;
        _step.Observer = observed ? this : null;
    }

    private int TokenIndex(Generation answer, int row) => _buffers.Positions[row] - answer.Path.GivenPositions;
}
