using Cambium.Runtime.Threading;

namespace Cambium.Runtime.Steps;

/// <summary>Looks at a model's hidden states while a step runs.</summary>
public unsafe interface IStepObserver
{
    /// <param name="index">0 for what enters the first layer, l for what enters layer l, the number of layers for what the head reads.</param>
    /// <param name="rows">Row-major values.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="width">Floats of a row that count.</param>
    /// <param name="count">Rows: all of the step's, or its output rows for the last index.</param>
    void Hidden(int index, float* rows, int stride, int width, int count);

    /// <summary>Sees rows that the program shows under a name: <c>residual</c> is the residual stream after the last block, before the final norm.</summary>
    /// <param name="index">0, 1, .. among the taps of one name; a model with two stacks of blocks has two <c>residual</c>.</param>
    /// <param name="count">Rows: all of the step's, or its output rows.</param>
    void Tap(string name, int index, float* rows, int stride, int width, int count);
}

/// <summary>One pass of a model over a ragged batch of rows (tokens): everything that compiled code reads and writes.</summary>
public sealed unsafe class Step
{
    /// <param name="team">The threads that run the kernels.</param>
    /// <param name="layout">Where keys and values lie in a chunk.</param>
    public Step(Team team, KvLayout layout)
    {
        Team = team;
        Layout = layout;
    }

    public Team Team { get; }

    public KvLayout Layout { get; }

    /// <summary>The partition of attention into blocks of rows.</summary>
    public AttentionPlan Plan { get; set; } = new();

    /// <summary>Rows (tokens) of the step.</summary>
    public int Rows;

    /// <summary>[Rows] token ids, each below the model's vocabulary size: the entry point's first input.</summary>
    public int* Tokens;

    /// <summary>Pointers to the entry point's inputs by their index, where it has more than tokens: [Rows] ids (int) or [Rows, width] floats.</summary>
    public nint[] Inputs = [];

    /// <summary>[Rows] logical positions.</summary>
    public int* Positions;

    /// <summary>[Rows] the chunk that receives the row's keys and values.</summary>
    public float** ChunkOfRow;

    /// <summary>[Rows] the row's place inside that chunk.</summary>
    public int* SlotOfRow;

    /// <summary>Copies the rows of an input of floats.</summary>
    /// <param name="target">[Rows, width]</param>
    public void CopyInput(int index, float* target, int width) => new ReadOnlySpan<float>((float*)Inputs[index], checked(Rows * width)).CopyTo(new Span<float>(target, Rows * width));

    /// <summary>Rows whose result is wanted.</summary>
    public int OutputCount;

    /// <summary>[OutputCount] ascending indices of those rows.</summary>
    public int* OutputRows;

    /// <summary>[OutputCount, LogitsStride] receives the model's result.</summary>
    public float* Logits;

    /// <summary>Floats from one row of logits to the next.</summary>
    public int LogitsStride;

    /// <summary>The model's working memory: <see cref="Engine.CompiledModel.ArenaBytes"/> bytes, aligned to a cache line.</summary>
    public byte* Arena;

    /// <summary>Stopwatch ticks that attention took.</summary>
    public long AttentionTicks { get; private set; }

    /// <summary>Measures one call of attention by other blocks, where somebody compares.</summary>
    internal AttentionProbe? Probe { get; init; }

    /// <summary>Sees hidden states, where a tool asked for them.</summary>
    public IStepObserver? Observer;

    /// <summary>Hidden states that have been shown in this step.</summary>
    public int Observed;

    /// <summary>The blocks for the next call of attention.</summary>
    internal RowBlocks NextBlocks() => Probe?.NextBlocks() ?? Plan.Blocks;

    /// <summary>Counts what the call took.</summary>
    internal void AddAttention(long ticks)
    {
        AttentionTicks += ticks;
        Probe?.Add(ticks);
    }

    /// <summary>Shows the next hidden state.</summary>
    /// <param name="rows">[count, width]</param>
    public void Observe(float* rows, int width, int count) => Observer?.Hidden(Observed++, rows, width, width, count);

    /// <summary>Shows rows under a name.</summary>
    /// <param name="rows">[count, width]</param>
    public void Observe(string name, int index, float* rows, int width, int count) => Observer?.Tap(name, index, rows, width, width, count);
}
