using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Steps;

/// <summary>
/// The rows (tokens) of one step, as the host writes them. The integers lie in one block, which a device can copy as a whole. All arrays are pinned,
/// so that a device may keep their addresses.
/// </summary>
public sealed class StepBatch
{
    private readonly int[] _block;
    private readonly Array?[] _inputs;
    private float[] _givenRows = [];

    /// <param name="maxRows">Rows of the largest step.</param>
    /// <param name="maxOutputs">Results of the largest step.</param>
    /// <param name="inputWidths">Of the entry point's inputs after the tokens: floats of a row; 0 for ids.</param>
    public StepBatch(int maxRows, int maxOutputs, params ReadOnlySpan<int> inputWidths)
    {
        (MaxRows, MaxOutputs) = (maxRows, maxOutputs);
        _block = GC.AllocateArray<int>(Length((4L * maxRows) + maxOutputs), pinned: true);
        _inputs = new Array?[inputWidths.Length + 1];
        for (var i = 0; i < inputWidths.Length; i++)
            _inputs[i + 1] = inputWidths[i] == 0
                ? GC.AllocateArray<int>(maxRows, pinned: true)
                : GC.AllocateArray<float>(Length((long)maxRows * inputWidths[i]), pinned: true);
    }

    /// <summary>Rows of the largest step.</summary>
    public int MaxRows { get; }

    /// <summary>Results of the largest step.</summary>
    public int MaxOutputs { get; }

    /// <summary>Rows of the step.</summary>
    public int Rows { get; set; }

    /// <summary>Rows whose result is wanted.</summary>
    public int OutputCount { get; set; }

    /// <summary>
    /// [Rows] token ids, each below the model's vocabulary size: the entry point's first input. A negative one, ~i, stands for row i of
    /// <see cref="GivenRows"/>.
    /// </summary>
    public Span<int> Tokens => _block.AsSpan(0, MaxRows);

    /// <summary>[Rows] logical positions.</summary>
    public Span<int> Positions => _block.AsSpan(MaxRows, MaxRows);

    /// <summary>[Rows] the page that receives the row's keys and values.</summary>
    public Span<int> PageOfRow => _block.AsSpan(2 * MaxRows, MaxRows);

    /// <summary>[Rows] the row's place inside that page.</summary>
    public Span<int> SlotOfRow => _block.AsSpan(3 * MaxRows, MaxRows);

    /// <summary>[OutputCount] ascending indices of the rows whose result is wanted.</summary>
    public Span<int> OutputRows => _block.AsSpan(4 * MaxRows, MaxOutputs);

    /// <summary>
    /// [count, <see cref="EntryPoint.EmbeddingWidth"/>] rows in place of token embeddings; empty unless <see cref="Give"/> was called.
    /// </summary>
    public Span<float> GivenRows => _givenRows;

    /// <summary>Makes room for rows in place of token embeddings.</summary>
    /// <param name="floats">Floats of all of them.</param>
    /// <returns>The room.</returns>
    public Span<float> Give(int floats) => _givenRows = GC.AllocateArray<float>(floats, pinned: true);

    /// <summary>All arrays above, stored one after another. Each has its maximum length.</summary>
    public ReadOnlySpan<int> Block => _block;

    /// <summary>[Rows] ids of an input after the tokens.</summary>
    /// <param name="input">Index of the entry point's input, from 1.</param>
    public Span<int> Ids(int input) => (int[])_inputs[input]!;

    /// <summary>[Rows, width] floats of an input after the tokens.</summary>
    /// <param name="input">Index of the entry point's input, from 1.</param>
    public Span<float> Floats(int input) => (float[])_inputs[input]!;

    /// <summary>Bytes of a batch of these sizes.</summary>
    public static long Bytes(int maxRows, int maxOutputs, params ReadOnlySpan<int> inputWidths)
    {
        var perRow = 4L;
        foreach (var width in inputWidths)
            perRow += Math.Max(1, width);
        return BufferSize.Of(maxRows, perRow * sizeof(int)) + ((long)maxOutputs * sizeof(int));
    }

    private static int Length(long elements) => elements <= Array.MaxLength
        ? (int)elements
        : throw new InsufficientMemoryException(
            $"The data of a step has {elements} elements, expected at most {Array.MaxLength}; make the steps smaller.");
}
