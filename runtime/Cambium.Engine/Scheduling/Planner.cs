using Cambium.Runtime.Cache;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Describes a step: its rows, in the tree's pre-order, and the plan of its attention. The plan is kept until a path changes: a step in which
/// every sequence adds one more token to its last chunk gets new counts only.
/// </summary>
internal sealed class Planner
{
    private readonly PrefixTree _tree;
    private readonly BlockChoice _blocks;
    private readonly AttentionPlan _plan = new();
    private readonly int[] _parent;
    private readonly int[] _keyDepth;
    private readonly int[] _keysAbove;
    private readonly int[] _nodeOfRow;
    private readonly int[] _planNodeOfRow;
    private readonly int[] _ownerOfRow;
    private readonly int[] _keysOfRow;
    private PlanCounters _counters;
    private PlanOptions _builtFor;
    private long _version = -1;
    private bool _oneEach;

    /// <param name="tree">The tree whose placed tokens become rows.</param>
    /// <param name="cost">The device's cost of attention.</param>
    /// <param name="maxRows">Rows of the largest step.</param>
    /// <param name="listed">Room for the lists of nodes of all blocks together; grows when it is too little.</param>
    public Planner(PrefixTree tree, IAttentionCost cost, int maxRows, int listed)
    {
        _tree = tree;
        var nodes = tree.Pages + 1;
        _plan.Reserve(nodes);
        _blocks = new BlockChoice(_plan, cost, maxRows, nodes, listed);
        _keysOfRow = new int[maxRows];
        _parent = new int[nodes];
        _keyDepth = new int[nodes];
        _keysAbove = new int[nodes];
        _nodeOfRow = new int[maxRows];
        _planNodeOfRow = new int[maxRows];
        _ownerOfRow = new int[maxRows];
    }

    public AttentionPlan Plan => _plan;

    public int Rows { get; private set; }

    public ref readonly PlanCounters Counters => ref _counters;

    /// <summary>Blocks that fold rows of several sequences together.</summary>
    public int SharedBlocks => _blocks.SharedBlocks;

    /// <summary>How much less time the plan is expected to take than separate sequences, as a share of the latter.</summary>
    public double EstimatedSaving => _blocks.EstimatedSaving;

    /// <summary>[Rows] the sequence that each row belongs to.</summary>
    public ReadOnlySpan<int> OwnerOfRow => _ownerOfRow.AsSpan(0, Rows);

    /// <summary>Describes the step that computes everything that was placed in the tree.</summary>
    /// <param name="batch">Receives tokens, positions and places of the rows.</param>
    /// <param name="rows">How many tokens were placed.</param>
    /// <param name="options">How to cut blocks.</param>
    public void Describe(StepBatch batch, int rows, in PlanOptions options)
    {
        _plan.IsReused = TryReuse(batch, rows, options);
        if (!_plan.IsReused)
        {
            Walk(batch);
            if (Rows != rows)
                throw new InvalidOperationException($"{rows} tokens were placed in the tree, and the plan has {Rows} rows.");
            _blocks.Choose(OwnerOfRow, _keysOfRow.AsSpan(0, Rows), _keysAbove, options);
            _builtFor = options;
            _version = _tree.StructureVersion;
            _counters.Built++;
        }
        else
        {
            _counters.Reused++;
        }

        batch.Rows = rows;
        _counters.Blocks += _plan.Blocks.Count;
        _counters.SharedBlocks += _blocks.SharedBlocks;
        _counters.ChunkReads += _plan.Blocks.NodeBegin[_plan.Blocks.Count];
        _counters.ChunkReadsUnshared += _blocks.UnsharedReads;
    }

    private bool TryReuse(StepBatch batch, int rows, in PlanOptions options)
    {
        if (!_oneEach || _version != _tree.StructureVersion || rows != Rows || options != _builtFor)
            return false;
        for (var row = 0; row < rows; row++)
        {
            var node = _tree.Node(_nodeOfRow[row]);
            if (node.Scheduled - node.Computed != 1)
                return false;
        }

        Span<int> tokens = batch.Tokens, positions = batch.Positions, slots = batch.SlotOfRow, counts = _plan.Count;
        for (var row = 0; row < rows; row++)
        {
            var node = _tree.Node(_nodeOfRow[row]);
            var slot = node.Computed;
            tokens[row] = _tree.TokensOf(node)[slot];
            positions[row] = node.FirstPosition + slot;
            slots[row] = slot;
            counts[_planNodeOfRow[row]] = node.Scheduled;
        }

        return true;
    }

    private void Walk(StepBatch batch)
    {
        _plan.NodeCount = 0;
        Rows = 0;
        _oneEach = true;
        foreach (var root in _tree.Roots)
        {
            if (root.Users > 0)
                Walk(root, batch);
        }
    }

    // Pre-order without recursion: a context can be thousands of chunks deep.
    private void Walk(Node root, StepBatch batch)
    {
        var node = root;
        var above = -1;
        while (true)
        {
            if (!ReferenceEquals(node, root))
                above = Open(node, above, batch);
            if (node.ActiveFirst is { } child)
            {
                node = child;
                continue;
            }

            while (true)
            {
                if (ReferenceEquals(node, root))
                    return;
                above = Close(above);
                if (node.ActiveNext is { } sibling)
                {
                    node = sibling;
                    break;
                }

                node = node.Parent!;
            }
        }
    }

    private int Open(Node node, int above, StepBatch batch)
    {
        var n = _plan.NodeCount++;
        _plan.Kind[n] = NodeKind.Tokens;
        _plan.Page[n] = node.Page;
        _plan.Count[n] = node.Scheduled;
        _plan.FirstPosition[n] = node.FirstPosition;
        _plan.RowBegin[n] = Rows;
        _parent[n] = above;
        _keysAbove[n] = above < 0 ? 0 : _keyDepth[above];
        _keyDepth[n] = _keysAbove[n] + node.Scheduled;
        var tokens = _tree.TokensOf(node);
        for (var slot = node.Computed; slot < node.Scheduled; slot++)
        {
            var row = Rows++;
            batch.Tokens[row] = tokens[slot];
            batch.Positions[row] = node.FirstPosition + slot;
            batch.PageOfRow[row] = node.Page;
            batch.SlotOfRow[row] = slot;
            _nodeOfRow[row] = node.Index;
            _planNodeOfRow[row] = n;
            _keysOfRow[row] = _keyDepth[n];
            _ownerOfRow[row] = node.Owner;
        }

        if (node.Scheduled - node.Computed > 1)
            _oneEach = false;
        return n;
    }

    private int Close(int n)
    {
        _plan.RowEnd[n] = Rows;
        // No row of this step is below the node: it leaves the plan again, with the nodes below it.
        if (_plan.RowBegin[n] == Rows)
            _plan.NodeCount = n;
        return _parent[n];
    }
}
