using System.Globalization;
using System.Text;

namespace Cambium.Runtime.Steps;

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

    /// <summary>The blocks by which the step is computed.</summary>
    public RowBlocks Blocks = new();

    /// <summary>A line for each node and each block.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var node = 0; node < NodeCount; node++)
            text.Append(CultureInfo.InvariantCulture, $"node {node}: {Count[node]} keys from position {FirstPosition[node]}, above rows {RowBegin[node]} to {RowEnd[node] - 1}\n");
        for (var block = 0; block < Blocks.Count; block++)
        {
            text.Append(CultureInfo.InvariantCulture, $"block {block}: rows {Blocks.Begin[block]} to {Blocks.End[block] - 1}, nodes ");
            text.AppendJoin(' ', Blocks.Nodes[Blocks.NodeBegin[block]..Blocks.NodeBegin[block + 1]]).Append('\n');
        }

        return text.ToString();
    }
}
