using System.Globalization;
using System.Runtime.CompilerServices;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>
/// Runs the model over the rows that were placed in the tree. The only class of the loop that knows the model's program on the device.
/// </summary>
internal sealed class StepRunner : IStepObserver, IDisposable
{
    private readonly CompiledModel _model;
    private readonly Device _device;
    private readonly RunningSet<Generation> _running;
    private readonly Planner _planner;
    private readonly ModelProgram _program;
    private readonly StepOutput[] _outputs;
    private PlanOptions _planOptions;

    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="device">The device; it stays the caller's.</param>
    /// <param name="options">The choice of attention blocks.</param>
    /// <param name="memory">Sizes.</param>
    /// <param name="tree">The KV cache.</param>
    /// <param name="running">The sequences that rows belong to.</param>
    public StepRunner(
        CompiledModel model, Device device, EngineOptions options, EngineMemory memory, PrefixTree tree, RunningSet<Generation> running)
    {
        _model = model;
        _device = device;
        _running = running;
        // Enough for one path per sequence up to a limit, so that lists need not grow if no block is shared.
        var listed = (int)Math.Min(1 << 20, (long)options.MaxSequences * ((memory.Limits.ContextLength / options.ChunkSize) + 1));
        _planner = new Planner(tree, device.AttentionCost(model.CacheSites, options.KvStorage), memory.Program.MaxRows, listed);
        _outputs = new StepOutput[memory.Program.MaxOutputs];
        _planOptions = new PlanOptions(options.TwoPhase, options.TwoPhaseThreshold, options.MaxBlockRows);
        Vocabulary = Math.Min(model.OutputWidth, model.EntryPoints[0].Inputs[0].Limit ?? int.MaxValue);
        // Last: an exception after it would leave the program's memory to the finalizer.
        _program = device.Open(model, memory.Program, tree.Store);
        _program.Plan = _planner.Plan;
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
    public ReadOnlySpan<StepOutput> Outputs => _outputs.AsSpan(0, _program.Batch.OutputCount);

    /// <summary>Counters of plans.</summary>
    public ref readonly PlanCounters PlanCounters => ref _planner.Counters;

    /// <summary>Stopwatch ticks spent in attention so far.</summary>
    public long AttentionTicks => _program.AttentionTicks;

    /// <summary>
    /// Share of attention time that the last plan saves, compared with separate sequences: as measured, or as estimated before the first measurement.
    /// </summary>
    public double AttentionSaving => _planner.SharedBlocks == 0 ? 0 : _program.AttentionSaving ?? _planner.EstimatedSaving;

    public AttentionDecision LastAttention =>
        new(_program.Batch.Rows, _planner.Plan.Blocks.Count, _planner.SharedBlocks, _planner.EstimatedSaving, _program.AttentionSaving);

    /// <summary>Plans the coming step.</summary>
    /// <param name="rows">Rows that were placed in the tree.</param>
    public void Plan(int rows)
    {
        _planner.Describe(_program.Batch, rows, _planOptions);
        ChooseOutputs(rows);
    }

    /// <summary>Runs the model once.</summary>
    public void Run()
    {
        _program.Launch();
        _program.Await();
    }

    /// <summary>Logits of a result of the last step.</summary>
    public ReadOnlySpan<float> Logits(int output) => _program.Logits(output);

    /// <summary>Shows the logits to the observers.</summary>
    public void ShowLogits()
    {
        foreach (ref readonly var output in Outputs)
            Observers.Logits(output.Answer, output.TokenIndex, Logits(output.Index));
    }

    /// <summary>Does work for every result, on the threads of the device.</summary>
    /// <param name="work">Gets the index of a result.</param>
    /// <param name="scratchBytes">Memory of each piece of work.</param>
    public void ForEachOutput(IHostWork work, int scratchBytes) => _device.RunOnHost(work, _program.Batch.OutputCount, scratchBytes);

    /// <summary>Width of a row of logits.</summary>
    public int OutputWidth => _model.OutputWidth;

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

    public void Dispose() => _program.Dispose();

    void IStepObserver.Hidden(int index, ReadOnlySpan<float> rows, int stride, int width, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (answer, tokenIndex) = OwnerOf(i, count);
            Observers.Hidden(answer, index, tokenIndex, rows.Slice(i * stride, width));
        }
    }

    void IStepObserver.Tap(string name, int index, ReadOnlySpan<float> rows, int stride, int width, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (answer, tokenIndex) = OwnerOf(i, count);
            Observers.Tap(answer, name, index, tokenIndex, rows.Slice(i * stride, width));
        }
    }

    /// <summary>The answer and the token of one of <paramref name="count"/> rows: all of the step's, or its output rows.</summary>
    private (Generation Answer, int TokenIndex) OwnerOf(int i, int count)
    {
        var row = count == _planner.Rows ? i : _program.Batch.OutputRows[i];
        var answer = _running.At(_planner.OwnerOfRow[row]);
        return (answer, TokenIndex(answer, _program.Batch.Positions[row]));
    }

    // The newest token of a sequence gives its next one; observers and log probabilities of prompts want every row.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ChooseOutputs(int rows)
    {
        var (outputs, observed) = (0, false);
        var owners = _planner.OwnerOfRow;
        Span<int> outputRows = _program.Batch.OutputRows, positions = _program.Batch.Positions;
        for (var row = 0; row < rows; row++)
        {
            var answer = _running.At(owners[row]);
            // Rows of a sequence are neighbours, in order: after its last one comes a row of another sequence.
            var isLast = row + 1 == rows || owners[row + 1] != owners[row];
            var isNewest = isLast && answer.Computed + answer.Rows == answer.Length;
            observed |= answer.Observer is not null;
            if (!isNewest && !answer.WantsAllRows)
                continue;
            outputRows[outputs] = row;
            _outputs[outputs] = new StepOutput(outputs, answer, TokenIndex(answer, positions[row]), isNewest);
            outputs++;
        }

        // Ended answers are not kept in memory.
        if (outputs < _program.Batch.OutputCount)
            _outputs.AsSpan(outputs, _program.Batch.OutputCount - outputs).Clear();
        _program.Batch.OutputCount = outputs;
        _program.Observer = observed ? this : null;
    }

    private static int TokenIndex(Generation answer, int position) => position - answer.Path.GivenPositions;
}
