using Cambium.Runtime.Cache;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Writes down a step: its rows, in the tree's pre-order, and the plan of its attention. The plan is kept until a path changes; a step in which
/// every sequence adds one token to its last chunk again only gets new counts.
/// </summary>
internal sealed unsafe class Planner
{
    private readonly PrefixTree _tree;
    private readonly AttentionPlan _plan;
    private readonly int[] _parent;
    private readonly int[] _keyDepth;
    private readonly int[] _open;
    private readonly int[] _nodeOfRow;
    private readonly int[] _planNodeOfRow;
    private readonly int[] _ownerOfRow;
    private readonly int[] _sharedKeys;
    private readonly int[] _segment;
    private readonly int[] _keysOfRow;
    private PlanCounters _counters;
    private PlanOptions _builtFor;
    private long _version = -1;
    private bool _oneEach;
    private RowBlocks _plain;
    private RowBlocks _best;
    private RowBlocks _other;
    private AttentionCost? _cost;
    private int _sharedBlocks;
    private int _unsharedReads;

    /// <param name="tree">The tree whose placed tokens become rows.</param>
    /// <param name="maxRows">Rows of the largest step.</param>
    /// <param name="listed">Room for the lists of nodes of all blocks together; grows when it is too little.</param>
    public Planner(PrefixTree tree, int maxRows, int listed)
    {
        _tree = tree;
        var nodes = tree.Pages + 1;
        _plan = new AttentionPlan
        {
            Chunk = new float*[nodes],
            Count = new int[nodes],
            FirstPosition = new int[nodes],
            RowBegin = new int[nodes],
            RowEnd = new int[nodes],
        };
        (_plain, _best, _other) = (Blocks(), Blocks(), Blocks());
        _keysOfRow = new int[maxRows];
        _parent = new int[nodes];
        _keyDepth = new int[nodes];
        _open = new int[nodes];
        _nodeOfRow = new int[maxRows];
        _planNodeOfRow = new int[maxRows];
        _ownerOfRow = new int[maxRows];
        _sharedKeys = new int[maxRows + 1];
        _segment = new int[maxRows];

        RowBlocks Blocks() => new() { Begin = new int[maxRows], End = new int[maxRows], NodeBegin = new int[maxRows + 1], Nodes = new int[Math.Max(16, listed)] };
    }

    public AttentionPlan Plan => _plan;

    public int Rows { get; private set; }

    public ref readonly PlanCounters Counters => ref _counters;

    /// <summary>The blocks of one sequence after the other, where the plan has others.</summary>
    public RowBlocks? Plain => _sharedBlocks > 0 ? _plain : null;

    /// <summary>Blocks that fold rows of several sequences together.</summary>
    public int SharedBlocks => _sharedBlocks;

    /// <summary>How much less time the plan takes by <see cref="AttentionCost"/> than one sequence after the other, as a share of the latter.</summary>
    public double EstimatedSaving { get; private set; }

    /// <summary>Whether the last step was described by the plan of the one before.</summary>
    public bool WasReused { get; private set; }

    /// <summary>[Rows] the sequence that each row belongs to.</summary>
    public ReadOnlySpan<int> OwnerOfRow => _ownerOfRow.AsSpan(0, Rows);

    /// <summary>Describes the step that computes everything that was placed in the tree.</summary>
    /// <param name="buffers">Receives tokens, positions and places of the rows.</param>
    /// <param name="rows">How many tokens were placed.</param>
    /// <param name="options">How to cut blocks.</param>
    public void Describe(StepBuffers buffers, int rows, in PlanOptions options)
    {
        WasReused = TryReuse(buffers, rows, options);
        if (!WasReused)
        {
            Walk(buffers);
            if (Rows != rows)
                throw new InvalidOperationException($"{rows} tokens were placed in the tree and {Rows} rows found there.");
            MeasureSharing();
            ChooseBlocks(options);
            _builtFor = options;
            _version = _tree.StructureVersion;
            _counters.Built++;
        }
        else
        {
            _counters.Reused++;
        }

        _counters.Blocks += _plan.Blocks.Count;
        _counters.SharedBlocks += _sharedBlocks;
        _counters.ChunkReads += _plan.Blocks.NodeBegin[_plan.Blocks.Count];
        _counters.ChunkReadsUnshared += _unsharedReads;
    }

    private bool TryReuse(StepBuffers buffers, int rows, in PlanOptions options)
    {
        if (!_oneEach || _version != _tree.StructureVersion || rows != Rows || options != _builtFor)
            return false;
        for (var row = 0; row < rows; row++)
        {
            var node = _tree.Node(_nodeOfRow[row]);
            if (node.Scheduled - node.Computed != 1)
                return false;
        }

        for (var row = 0; row < rows; row++)
        {
            var node = _tree.Node(_nodeOfRow[row]);
            var slot = node.Computed;
            buffers.Tokens[row] = _tree.TokensOf(node)[slot];
            buffers.Positions[row] = node.FirstPosition + slot;
            buffers.SlotOfRow[row] = slot;
            _plan.Count[_planNodeOfRow[row]] = node.Scheduled;
        }

        return true;
    }

    private void Walk(StepBuffers buffers)
    {
        _plan.NodeCount = 0;
        Rows = 0;
        _oneEach = true;
        foreach (var root in _tree.Roots)
        {
            if (root.Users > 0)
                Walk(root, buffers);
        }
    }

    // Pre-order without recursion: a context can be thousands of chunks deep.
    private void Walk(Node root, StepBuffers buffers)
    {
        var node = root;
        var above = -1;
        while (true)
        {
            if (!ReferenceEquals(node, root))
                above = Open(node, above, buffers);
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

    private int Open(Node node, int above, StepBuffers buffers)
    {
        var n = _plan.NodeCount++;
        _plan.Chunk[n] = _tree.Chunk(node);
        _plan.Count[n] = node.Scheduled;
        _plan.FirstPosition[n] = node.FirstPosition;
        _plan.RowBegin[n] = Rows;
        _parent[n] = above;
        _keyDepth[n] = (above < 0 ? 0 : _keyDepth[above]) + node.Scheduled;
        var tokens = _tree.TokensOf(node);
        for (var slot = node.Computed; slot < node.Scheduled; slot++)
        {
            var row = Rows++;
            buffers.Tokens[row] = tokens[slot];
            buffers.Positions[row] = node.FirstPosition + slot;
            buffers.ChunkOfRow[row] = _plan.Chunk[n];
            buffers.SlotOfRow[row] = slot;
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
        // Nothing of this step lies below: its node and those below it leave the plan again.
        if (_plan.RowBegin[n] == Rows)
            _plan.NodeCount = n;
        return _parent[n];
    }

    // sharedKeys[r]: keys on the common path of rows r - 1 and r. segment[r]: counts the sequences up to row r.
    private void MeasureSharing()
    {
        Array.Fill(_sharedKeys, int.MaxValue, 0, Rows + 1);
        var begun = -1;
        for (var n = 0; n < _plan.NodeCount; n++)
        {
            if (_plan.RowBegin[n] == begun)
                continue;
            begun = _plan.RowBegin[n];
            _sharedKeys[begun] = _parent[n] < 0 ? 0 : _keyDepth[_parent[n]];
        }

        for (var row = 0; row < Rows; row++)
            _segment[row] = row == 0 ? 0 : _segment[row - 1] + (_ownerOfRow[row] == _ownerOfRow[row - 1] ? 0 : 1);
        _unsharedReads = 0;
        for (var n = 0; n < _plan.NodeCount; n++)
            _unsharedReads += _segment[_plan.RowEnd[n] - 1] - _segment[_plan.RowBegin[n]] + 1;
    }

    // Two-phase blocks only where they are worth it: the automatic choice must not be slower than none.
    private void ChooseBlocks(in PlanOptions options)
    {
        // A planner's model and machine stay the same.
        _cost ??= new AttentionCost(options.Heads, options.QueriesPerRow, options.BytesPerKey, options.Parallelism);
        EstimatedSaving = 0;
        Cut(_plain, RowsOfBlock(options), options with { TwoPhase = false });
        _plan.Blocks = _plain;
        if (options.TwoPhase != false && IsAnythingShared(options))
        {
            var plain = CostOf(_plain);
            var best = CutShared(options);
            EstimatedSaving = 1 - (best / plain);
            if (options.TwoPhase == true || EstimatedSaving >= AttentionCost.LeastSaving)
                _plan.Blocks = _best;
            else
                EstimatedSaving = 0;
        }

        _sharedBlocks = 0;
        for (var block = 0; block < _plan.Blocks.Count; block++)
            _sharedBlocks += _ownerOfRow[_plan.Blocks.Begin[block]] == _ownerOfRow[_plan.Blocks.End[block] - 1] ? 0 : 1;
    }

    // Large blocks read the least, small ones are easier to spread over threads. Leaves the best of some sizes in _best.
    private double CutShared(in PlanOptions options)
    {
        var (least, last) = (double.MaxValue, 0);
        for (var pieces = 1; pieces <= (options.Parallelism == 1 ? 1 : 4); pieces *= 2)
        {
            var most = Math.Clamp((Rows * options.Heads / (pieces * options.Parallelism)) + 1, 1, options.MaxRows);
            if (most == last)
                continue;
            last = most;
            Cut(_other, most, options);
            var cost = CostOf(_other);
            if (cost < least)
                (least, _best, _other) = (cost, _other, _best);
        }

        return least;
    }

    private double CostOf(RowBlocks blocks) => _cost!.Of(_plan, blocks, OwnerOfRow, _keysOfRow);

    private bool IsAnythingShared(in PlanOptions options)
    {
        for (var row = 1; row < Rows; row++)
        {
            if (_ownerOfRow[row] != _ownerOfRow[row - 1] && Together(row, options))
                return true;
        }

        return false;
    }

    private void Cut(RowBlocks blocks, int most, in PlanOptions options)
    {
        blocks.Count = 0;
        for (var begin = 0; begin < Rows;)
        {
            var end = begin + 1;
            while (end < Rows && end - begin < most && Together(end, options))
                end++;
            blocks.Begin[blocks.Count] = begin;
            blocks.End[blocks.Count] = end;
            blocks.Count++;
            begin = end;
        }

        ListNodes(blocks);
    }

    private bool Together(int row, in PlanOptions options) => options.TwoPhase switch
    {
        true => true,
        false => _ownerOfRow[row] == _ownerOfRow[row - 1],
        null => _sharedKeys[row] >= options.Threshold,
    };

    // Few rows are cut finer, so that every thread finds work.
    private int RowsOfBlock(in PlanOptions options)
    {
        if (options.Parallelism == 1)
            return options.MaxRows;
        var pieces = Math.Max(1, 4 * options.Parallelism / options.Heads);
        var fair = (((Rows + pieces - 1) / pieces) + 7) & ~7;
        return Math.Clamp(fair, Math.Min(8, options.MaxRows), options.MaxRows);
    }

    // The nodes above any row of a block, in pre-order: those that were open where it begins, and those that begin in it.
    private void ListNodes(RowBlocks blocks)
    {
        var (node, open, listed) = (0, 0, 0);
        for (var block = 0; block < blocks.Count; block++)
        {
            blocks.NodeBegin[block] = listed;
            while (open > 0 && _plan.RowEnd[_open[open - 1]] <= blocks.Begin[block])
                open--;
            Reserve(blocks, listed + open);
            for (var i = 0; i < open; i++)
                blocks.Nodes[listed++] = _open[i];
            for (; node < _plan.NodeCount && _plan.RowBegin[node] < blocks.End[block]; node++)
            {
                Reserve(blocks, listed + 1);
                blocks.Nodes[listed++] = node;
                while (open > 0 && _plan.RowEnd[_open[open - 1]] <= _plan.RowBegin[node])
                    open--;
                _open[open++] = node;
            }
        }

        blocks.NodeBegin[blocks.Count] = listed;
    }

    private static void Reserve(RowBlocks blocks, int listed)
    {
        if (listed > blocks.Nodes.Length)
            Array.Resize(ref blocks.Nodes, Math.Max(listed, 2 * blocks.Nodes.Length));
    }
}
