namespace Cambium.Runtime.Cpu;

/// <summary>Computes one row. The struct's fields name its inputs and outputs. Rows run on any thread in any order.</summary>
public interface IRowKernel
{
    void Row<V>(int row)
        where V : unmanaged, ILanes<V>;
}

/// <summary>Computes the input row of a product, for example normalized.</summary>
public unsafe interface IPrologue
{
    /// <param name="row">Index of the row.</param>
    /// <param name="x">Receives as many floats as the product has inputs.</param>
    void Prepare<V>(int row, float* x)
        where V : unmanaged, ILanes<V>;
}

/// <summary>Receives the finished columns of a product, one group of one row at a time.</summary>
public unsafe interface IEpilogue
{
    /// <param name="segment">Segment of the <see cref="PackedWeights"/>.</param>
    /// <param name="group">Group of columns inside the segment: columns from <c>group * GroupWidth</c>.</param>
    /// <param name="row">Index of the row.</param>
    /// <param name="product">
    /// Part p's columns from <c>product + p * partStride</c> on. A scratch that may be overwritten, and that is readable up to the next multiple
    /// of the panel width (zeros or leftovers).
    /// </param>
    /// <param name="partStride">Floats from one part to the next.</param>
    void Finish<V>(int segment, int group, int row, float* product, int partStride)
        where V : unmanaged, ILanes<V>;
}

/// <summary>Changes attention scores before softmax, lanes over keys.</summary>
public interface IScore
{
    /// <param name="score">Scaled product of query and key.</param>
    /// <param name="keyPosition">Logical position of each key.</param>
    /// <param name="queryPosition">Logical position of the query.</param>
    /// <param name="head">Query head.</param>
    V Apply<V>(V score, V keyPosition, float queryPosition, int head)
        where V : unmanaged, ILanes<V>;

    /// <summary>The same for keys without a position: terms that depend on a position do not apply.</summary>
    /// <param name="score">Scaled product of query and key.</param>
    /// <param name="head">Query head.</param>
    V ApplyWithoutPosition<V>(V score, int head)
        where V : unmanaged, ILanes<V>;
}

/// <summary>Leaves scores as they are, without cost.</summary>
public readonly struct PlainScore : IScore
{
    public V Apply<V>(V score, V keyPosition, float queryPosition, int head)
        where V : unmanaged, ILanes<V>
        => score;

    public V ApplyWithoutPosition<V>(V score, int head)
        where V : unmanaged, ILanes<V>
        => score;
}
