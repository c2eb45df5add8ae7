using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Cambium.Runtime.Steps;

/// <summary>
/// The two-phase partition of one step as plain data (ChunkAttention, section 3.3): which nodes exist, which rows are below each,
/// and how rows are grouped into blocks that are folded together. Rows of a node are contiguous because sequences are kept in
/// the tree's pre-order. Blocking decides speed only: every row folds its nodes from the root down in every block.
/// The lists of the nodes lie in one block of integers, which a device can copy as a whole.
/// </summary>
public sealed class AttentionPlan
{
    private int[] _block = [];
    private int _capacity;

    /// <summary>Nodes, in pre-order.</summary>
    public int NodeCount { get; set; }

    /// <summary>[NodeCount] the content of the node.</summary>
    public Span<NodeKind> Kind => MemoryMarshal.Cast<int, NodeKind>(View(0));

    /// <summary>[NodeCount] the node's page in the chunk store; the number of its content if it has no page.</summary>
    public Span<int> Page => View(1);

    /// <summary>[NodeCount] keys of the node, those appended in this step included.</summary>
    public Span<int> Count => View(2);

    /// <summary>[NodeCount] logical position of the node's first key.</summary>
    public Span<int> FirstPosition => View(3);

    /// <summary>[NodeCount] first row below the node.</summary>
    public Span<int> RowBegin => View(4);

    /// <summary>[NodeCount] one past the last row below the node.</summary>
    public Span<int> RowEnd => View(5);

    /// <summary>All lists above, stored one after another, each with its reserved length.</summary>
    public ReadOnlySpan<int> Block => _block;

    /// <summary>The blocks by which the step is computed.</summary>
    public RowBlocks Blocks { get; set; } = new();

    /// <summary>
    /// The blocks that keep sequences apart, where <see cref="Blocks"/> joins some; otherwise null. A device may compute a layer by them and measure
    /// the difference: both give the same bits.
    /// </summary>
    public RowBlocks? Unshared { get; set; }

    /// <summary>Whether the plan is the one of the step before, except for counts.</summary>
    public bool IsReused { get; set; }

    /// <summary>Makes room for nodes. What was written is lost.</summary>
    public void Reserve(int nodes)
    {
        if (nodes <= _capacity)
            return;
        _capacity = nodes;
        _block = new int[checked(6 * nodes)];
    }

    /// <summary>A line for each node and each block.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var node = 0; node < NodeCount; node++)
            text.Append(CultureInfo.InvariantCulture,
                $"node {node}: {NameOf(Kind[node])}{Count[node]} keys from position {FirstPosition[node]}, "
                    + $"above rows {RowBegin[node]} to {RowEnd[node] - 1}\n");
        for (var block = 0; block < Blocks.Count; block++)
        {
            text.Append(CultureInfo.InvariantCulture, $"block {block}: rows {Blocks.Begin[block]} to {Blocks.End[block] - 1}, nodes ");
            text.AppendJoin(' ', Blocks.Nodes[Blocks.NodeBegin[block]..Blocks.NodeBegin[block + 1]].ToArray()).Append('\n');
        }

        return text.ToString();
    }

    private static string NameOf(NodeKind kind) => kind switch
    {
        NodeKind.Tokens => "",
        NodeKind.State => "a state, as costly as ",
        NodeKind.Side => "beside the others, ",
        _ => "given, ",
    };

    private Span<int> View(int index) => _block.AsSpan(index * _capacity, _capacity);
}
