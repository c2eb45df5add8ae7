using System.Runtime.CompilerServices;
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
    private int[] _parent = [];
    private int[] _keysAbove = [];
    private Node[] _nodes = [];
    private readonly Node[] _nodeOfRow;
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
        _blocks = new BlockChoice(_plan, cost, maxRows, listed);
        Reserve(tree.Pages + 1);
        _keysOfRow = new int[maxRows];
        _nodeOfRow = new Node[maxRows];
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryReuse(StepBatch batch, int rows, in PlanOptions options)
    {
        if (!_oneEach || _version != _tree.StructureVersion || rows != Rows || options != _builtFor)
            return false;
        Span<int> tokens = batch.Tokens, positions = batch.Positions, slots = batch.SlotOfRow, counts = _plan.Count;
        for (var row = 0; row < rows; row++)
        {
            var node = _nodeOfRow[row];
            var slot = node.Computed;
            // The walk writes the rows again.
            if (node.Scheduled - slot != 1)
                return false;
            tokens[row] = _tree.TokensOf(node)[slot];
            positions[row] = node.FirstPosition + slot;
            slots[row] = slot;
            counts[_planNodeOfRow[row]] = node.Scheduled;
        }

        return true;
    }

    // Given contents have no page, so there can be more nodes than pages.
    private void Reserve(int nodes)
    {
        if (nodes <= _nodes.Length)
            return;
        _plan.Reserve(nodes);
        _blocks.Reserve(nodes);
        _parent = new int[nodes];
        _keysAbove = new int[nodes];
        Array.Resize(ref _nodes, nodes);
    }

    private void Walk(StepBatch batch)
    {
        LoadNodes();
        if (_tree.NodeCount > _nodes.Length)
            Reserve(2 * _tree.NodeCount);
        var walk = new PlanWalk(this, batch);
        foreach (var root in _tree.Roots)
        {
            if (root.Users > 0)
                walk.Walk(root);
        }

        _plan.NodeCount = walk.Nodes;
        Rows = walk.Rows;
        _oneEach = walk.OneEach;
    }

    // The walk follows pointers, and after a step of the model the nodes are in no cache: one miss after the other. The reads here do not depend on
    // each other, so that their misses overlap. They are of the last plan's nodes, which are most of those of the next plan.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LoadNodes()
    {
        foreach (var node in _nodes.AsSpan(0, _plan.NodeCount))
        {
            Volatile.Read(ref node.ActiveFirst);
            Volatile.Read(ref node.Scheduled);
        }
    }

    // Holds the views of plan and batch: each of them is computed from an array and a size, which is slow for every node.
    private ref struct PlanWalk(Planner planner, StepBatch batch)
    {
        public int Nodes;
        public int Rows;
        public bool OneEach = true;
        private readonly PrefixTree _tree = planner._tree;
        private readonly Span<NodeKind> _kind = planner._plan.Kind;
        private readonly Span<int> _page = planner._plan.Page;
        private readonly Span<int> _count = planner._plan.Count;
        private readonly Span<int> _firstPosition = planner._plan.FirstPosition;
        private readonly Span<int> _rowBegin = planner._plan.RowBegin;
        private readonly Span<int> _rowEnd = planner._plan.RowEnd;
        private readonly Span<int> _parent = planner._parent;
        private readonly Span<int> _keysAbove = planner._keysAbove;
        private readonly Span<int> _tokens = batch.Tokens;
        private readonly Span<int> _positions = batch.Positions;
        private readonly Span<int> _pageOfRow = batch.PageOfRow;
        private readonly Span<int> _slotOfRow = batch.SlotOfRow;
        private readonly Span<int> _planNodeOfRow = planner._planNodeOfRow;
        private readonly Span<int> _keysOfRow = planner._keysOfRow;
        private readonly Span<int> _ownerOfRow = planner._ownerOfRow;
        private readonly Node[] _nodes = planner._nodes;
        private readonly Node[] _nodeOfRow = planner._nodeOfRow;

        // Pre-order without recursion: a context can be thousands of chunks deep.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Walk(Node root)
        {
            var node = root;
            var (above, keys) = (-1, 0);
            while (true)
            {
                // Roots and marks are not in the plan.
                if (node.Kind != NodeKind.Mark)
                    above = Open(node, above, ref keys);
                if (node.ActiveFirst is { } child)
                {
                    node = child;
                    continue;
                }

                while (true)
                {
                    if (ReferenceEquals(node, root))
                        return;
                    if (node.Kind != NodeKind.Mark)
                    {
                        // No row of this step is below the node: it leaves the plan again, with the nodes below it.
                        if (_rowBegin[above] == Rows)
                            Nodes = above;
                        _rowEnd[above] = Rows;
                        keys = _keysAbove[above];
                        above = _parent[above];
                    }

                    if (node.ActiveNext is { } sibling)
                    {
                        node = sibling;
                        break;
                    }

                    node = node.Parent!;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private int Open(Node node, int above, ref int keys)
        {
            var n = Nodes++;
            var (computed, scheduled) = (node.Computed, node.Scheduled);
            _nodes[n] = node;
            _kind[n] = node.Kind;
            _page[n] = node.Kind == NodeKind.Tokens ? node.Page : node.Content!.Number;
            _count[n] = scheduled;
            _firstPosition[n] = node.FirstPosition;
            _rowBegin[n] = Rows;
            _parent[n] = above;
            _keysAbove[n] = keys;
            keys += scheduled;
            if (computed < scheduled)
                AddRows(node, n, keys);
            return n;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void AddRows(Node node, int n, int keys)
        {
            OneEach &= node.Scheduled - node.Computed == 1;
            var tokens = _tree.TokensOf(node);
            for (var slot = node.Computed; slot < node.Scheduled; slot++)
            {
                var row = Rows++;
                _tokens[row] = tokens[slot];
                _positions[row] = node.FirstPosition + slot;
                _pageOfRow[row] = node.Page;
                _slotOfRow[row] = slot;
                _nodeOfRow[row] = node;
                _planNodeOfRow[row] = n;
                _keysOfRow[row] = keys;
                _ownerOfRow[row] = node.Owner;
            }
        }
    }
}
