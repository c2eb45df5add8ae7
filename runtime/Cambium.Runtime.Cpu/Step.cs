using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cpu;

/// <summary>One pass of a model over a ragged batch of rows (tokens): everything that compiled code and kernels read and write.</summary>
public sealed unsafe class Step
{
    private readonly CpuChunkStore _store;
    private readonly byte* _firstPage;
    private readonly nint _pageStride;

    /// <param name="team">The threads that run the kernels.</param>
    /// <param name="store">Keys and values. It must live as long as the step.</param>
    public Step(Team team, CpuChunkStore store)
    {
        Team = team;
        Layout = store.Layout;
        _store = store;
        _firstPage = store.First;
        _pageStride = store.Stride;
    }

    /// <summary>The threads that run the kernels.</summary>
    public Team Team { get; }

    /// <summary>Where keys and values lie in a chunk.</summary>
    public KvLayout Layout { get; }

    /// <summary>The partition of attention into blocks of rows.</summary>
    public AttentionPlan Plan { get; set; } = new();

    /// <summary>Rows (tokens) of the step.</summary>
    public int Rows;

    /// <summary>Rows of the largest step of the instance.</summary>
    public int MaxRows;

    /// <summary>
    /// [Rows] token ids, each below the model's vocabulary size: the entry point's first input. A negative one, ~i, stands for row i of
    /// <see cref="GivenRows"/>.
    /// </summary>
    public int* Tokens;

    /// <summary>[GivenCount, embedding width] rows in place of token embeddings.</summary>
    public float* GivenRows;

    /// <summary>Floats of <see cref="GivenRows"/>.</summary>
    public int GivenFloats;

    /// <summary>
    /// Pointers to the entry point's inputs by their index, where it has more than tokens: [Rows] ids (int) or [Rows, width] floats.
    /// </summary>
    public nint[] Inputs = [];

    /// <summary>[Rows] logical positions.</summary>
    public int* Positions;

    /// <summary>[Rows] the page that receives the row's keys and values.</summary>
    public int* PageOfRow;

    /// <summary>[Rows] the row's place inside that page.</summary>
    public int* SlotOfRow;

    /// <summary>Rows whose result is wanted.</summary>
    public int OutputCount;

    /// <summary>[OutputCount] ascending indices of those rows.</summary>
    public int* OutputRows;

    /// <summary>[OutputCount, LogitsStride] receives the first result of the entry point.</summary>
    public float* Logits;

    /// <summary>Floats from one row of logits to the next.</summary>
    public int LogitsStride;

    /// <summary>Pointers to the results of the entry point by their index: [OutputCount, stride] each. The first is <see cref="Logits"/>.</summary>
    public nint[] Results = [];

    /// <summary>Floats from one row of each result to the next.</summary>
    public int[] ResultStrides = [];

    /// <summary>The model's working memory: <see cref="CompiledModel.ArenaBytes"/>.</summary>
    public byte* Arena;

    /// <summary>Stopwatch ticks that attention took in all steps.</summary>
    public long AttentionTicks { get; private set; }

    /// <summary>Times calls of attention by other blocks; null where nothing is compared.</summary>
    internal AttentionProbe? Probe { get; init; }

    /// <summary>Sees hidden states; null for none.</summary>
    public IStepObserver? Observer;

    /// <summary>Hidden states that have been shown in this step.</summary>
    public int Observed;

    /// <summary>A page's memory.</summary>
    public byte* Chunk(int page) => _firstPage + (page * _pageStride);

    /// <summary>What a node without a page adds to attention.</summary>
    internal CpuContent Content(int number) => _store.Content(number);

    /// <summary>Copies the rows of an input of floats.</summary>
    /// <param name="index">Index of the entry point's input.</param>
    /// <param name="target">[Rows, width]</param>
    /// <param name="width">Floats of a row.</param>
    public void CopyInput(int index, float* target, int width) =>
        Buffer.MemoryCopy((float*)Inputs[index], target, (long)Rows * width * sizeof(float), (long)Rows * width * sizeof(float));

    /// <summary>Shows the next hidden state.</summary>
    /// <param name="rows">[count, width]</param>
    /// <param name="width">Floats of a row.</param>
    /// <param name="count">Rows.</param>
    public void Observe(float* rows, int width, int count) =>
        Observer?.Hidden(Observed++, new ReadOnlySpan<float>(rows, checked(width * count)), width, width, count);

    /// <summary>Shows rows under a name.</summary>
    /// <param name="name">Name of the tap, such as <c>residual</c>.</param>
    /// <param name="index">0, 1, .. among the taps of the name.</param>
    /// <param name="rows">[count, width]</param>
    /// <param name="width">Floats of a row.</param>
    /// <param name="count">Rows.</param>
    public void Observe(string name, int index, float* rows, int width, int count) =>
        Observer?.Tap(name, index, new ReadOnlySpan<float>(rows, checked(width * count)), width, width, count);

    /// <summary>Reads the rows of a batch. Its arrays are pinned.</summary>
    internal void PointTo(StepBatch batch, int inputs)
    {
        MaxRows = batch.MaxRows;
        Tokens = Pointer(batch.Tokens);
        Positions = Pointer(batch.Positions);
        PageOfRow = Pointer(batch.PageOfRow);
        SlotOfRow = Pointer(batch.SlotOfRow);
        OutputRows = Pointer(batch.OutputRows);
        Inputs = new nint[inputs];
    }

    /// <summary>The blocks for the next call of attention.</summary>
    internal RowBlocks NextBlocks() => Probe?.NextBlocks() ?? Plan.Blocks;

    /// <summary>Counts the time of a call of attention.</summary>
    internal void AddAttention(long ticks)
    {
        AttentionTicks += ticks;
        Probe?.Add(ticks);
    }

    private static int* Pointer(Span<int> pinned) => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinned));
}
