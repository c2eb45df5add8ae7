namespace Cambium.Runtime.Scheduling;

/// <summary>
/// The two-phase partition of one step as plain data (ChunkAttention, section 3.3): which nodes exist, which rows lie below each,
/// and how rows are grouped into blocks that are folded together. Rows of a node are contiguous because sequences are kept in
/// the tree's pre-order. Blocking decides speed only: every row folds its nodes from the root down whatever its block is.
/// </summary>
public sealed unsafe class AttentionPlan
{
    /// <summary>Nodes in pre-order.</summary>
    public int NodeCount;

    /// <summary>[NodeCount] the node's chunk.</summary>
    public float*[] Chunk = [];

    /// <summary>[NodeCount] keys in the chunk, those appended in this step included.</summary>
    public int[] Count = [];

    /// <summary>[NodeCount] logical position of the node's first key.</summary>
    public int[] FirstPosition = [];

    /// <summary>[NodeCount] first row below the node.</summary>
    public int[] RowBegin = [];

    /// <summary>[NodeCount] one past the last row below the node.</summary>
    public int[] RowEnd = [];

    /// <summary>Row blocks: the unit of work, together with a head.</summary>
    public int BlockCount;

    /// <summary>[BlockCount] first row of the block.</summary>
    public int[] BlockBegin = [];

    /// <summary>[BlockCount] one past the last row of the block.</summary>
    public int[] BlockEnd = [];

    /// <summary>[BlockCount + 1] where each block's list starts in <see cref="BlockNodes"/>.</summary>
    public int[] BlockNodeBegin = [];

    /// <summary>Indices of the nodes above any row of a block, in pre-order, block after block.</summary>
    public int[] BlockNodes = [];
}
