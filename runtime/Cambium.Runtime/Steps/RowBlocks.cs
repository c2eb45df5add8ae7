namespace Cambium.Runtime.Steps;

/// <summary>How the rows of a step are cut into blocks that are folded together: the unit of work of attention, together with a head. Decides speed only.</summary>
public sealed class RowBlocks
{
    /// <summary>Blocks.</summary>
    public int Count;

    /// <summary>[Count] first row of the block.</summary>
    public int[] Begin = [];

    /// <summary>[Count] one past the last row of the block.</summary>
    public int[] End = [];

    /// <summary>[Count + 1] where each block's list starts in <see cref="Nodes"/>.</summary>
    public int[] NodeBegin = [];

    /// <summary>Indices of the nodes above any row of a block, in pre-order, block after block.</summary>
    public int[] Nodes = [];
}
