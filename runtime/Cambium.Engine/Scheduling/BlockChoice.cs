using System.Runtime.CompilerServices;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Cuts the rows of a plan into blocks. Blocks across sequences read shared nodes once (two-phase attention); the automatic choice takes them only
/// where the device's cost model expects them to be faster.
/// </summary>
internal sealed class BlockChoice
{
    private readonly AttentionPlan _plan;
    private readonly IAttentionCost _cost;
    private int[] _open = [];

    // [rows + 1] keys on the common path of a row and the row before it.
    private readonly int[] _sharedKeys;

    // [rows] counts the sequences up to a row.
    private readonly int[] _segment;
    private RowBlocks _unshared;
    private RowBlocks _best;
    private RowBlocks _other;

    /// <param name="plan">Receives the blocks.</param>
    /// <param name="cost">The device's cost of attention.</param>
    /// <param name="maxRows">Rows of the largest step.</param>
    /// <param name="listed">Room for the lists of nodes of all blocks together; grows when it is too little.</param>
    public BlockChoice(AttentionPlan plan, IAttentionCost cost, int maxRows, int listed)
    {
        (_plan, _cost) = (plan, cost);
        _sharedKeys = new int[maxRows + 1];
        _segment = new int[maxRows];
        (_unshared, _best, _other) = (Blocks(), Blocks(), Blocks());

        RowBlocks Blocks() => new(maxRows, Math.Max(16, listed));
    }

    /// <summary>Blocks that fold rows of several sequences together.</summary>
    public int SharedBlocks { get; private set; }

    /// <summary>Chunks that separate sequences would read.</summary>
    public int UnsharedReads { get; private set; }

    /// <summary>How much less time the plan is expected to take than separate sequences, as a share of the latter.</summary>
    public double EstimatedSaving { get; private set; }

    /// <summary>Makes room for the nodes of a plan.</summary>
    public void Reserve(int nodes) => _open = new int[nodes];

    /// <summary>Chooses the blocks of the plan.</summary>
    /// <param name="owners">[rows] the sequence of each row.</param>
    /// <param name="keys">[rows] keys on the path of each row.</param>
    /// <param name="keysAbove">[nodes] keys on the path above each node.</param>
    /// <param name="options">How to cut blocks.</param>
    public void Choose(ReadOnlySpan<int> owners, ReadOnlySpan<int> keys, ReadOnlySpan<int> keysAbove, in PlanOptions options)
    {
        MeasureSharing(owners, keysAbove);
        EstimatedSaving = 0;
        Cut(_unshared, owners, RowsOfBlock(owners.Length, options), options with { TwoPhase = false });
        _plan.Blocks = _unshared;
        if (options.TwoPhase != false && IsAnythingShared(owners, options))
        {
            var unshared = _cost.Of(_plan, _unshared, owners, keys);
            var best = CutShared(owners, keys, options);
            EstimatedSaving = 1 - (best / unshared);
            if (options.TwoPhase == true || EstimatedSaving >= _cost.LeastSaving)
                _plan.Blocks = _best;
            else
                EstimatedSaving = 0;
        }

        SharedBlocks = 0;
        ReadOnlySpan<int> begin = _plan.Blocks.Begin, end = _plan.Blocks.End;
        for (var block = 0; block < _plan.Blocks.Count; block++)
            SharedBlocks += owners[begin[block]] == owners[end[block] - 1] ? 0 : 1;
        _plan.Unshared = SharedBlocks > 0 ? _unshared : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MeasureSharing(ReadOnlySpan<int> owners, ReadOnlySpan<int> keysAbove)
    {
        ReadOnlySpan<int> rowBegin = _plan.RowBegin, rowEnd = _plan.RowEnd;
        Array.Fill(_sharedKeys, int.MaxValue, 0, owners.Length + 1);
        var begun = -1;
        for (var n = 0; n < _plan.NodeCount; n++)
        {
            if (rowBegin[n] == begun)
                continue;
            begun = rowBegin[n];
            _sharedKeys[begun] = keysAbove[n];
        }

        for (var row = 0; row < owners.Length; row++)
            _segment[row] = row == 0 ? 0 : _segment[row - 1] + (owners[row] == owners[row - 1] ? 0 : 1);
        UnsharedReads = 0;
        for (var n = 0; n < _plan.NodeCount; n++)
            UnsharedReads += _segment[rowEnd[n] - 1] - _segment[rowBegin[n]] + 1;
    }

    // Large blocks read the least, small ones are easier to spread over threads. Leaves the best of some sizes in _best.
    private double CutShared(ReadOnlySpan<int> owners, ReadOnlySpan<int> keys, in PlanOptions options)
    {
        var (least, last) = (double.MaxValue, 0);
        for (var pieces = 1; pieces <= (_cost.Parallelism == 1 ? 1 : 4); pieces *= 2)
        {
            var most = Math.Clamp((owners.Length * _cost.PiecesPerBlock / (pieces * _cost.Parallelism)) + 1, 1, options.MaxRows);
            if (most == last)
                continue;
            last = most;
            Cut(_other, owners, most, options);
            var cost = _cost.Of(_plan, _other, owners, keys);
            if (cost < least)
                (least, _best, _other) = (cost, _other, _best);
        }

        return least;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool IsAnythingShared(ReadOnlySpan<int> owners, in PlanOptions options)
    {
        for (var row = 1; row < owners.Length; row++)
        {
            if (owners[row] != owners[row - 1] && AreTogether(owners, row, options))
                return true;
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Cut(RowBlocks blocks, ReadOnlySpan<int> owners, int most, in PlanOptions options)
    {
        var count = 0;
        Span<int> begins = blocks.Begin, ends = blocks.End;
        for (var begin = 0; begin < owners.Length;)
        {
            var end = begin + 1;
            while (end < owners.Length && end - begin < most && AreTogether(owners, end, options))
                end++;
            begins[count] = begin;
            ends[count] = end;
            count++;
            begin = end;
        }

        blocks.Count = count;
        ListNodes(blocks);
    }

    // Whether a block may hold the row and the row before it.
    private bool AreTogether(ReadOnlySpan<int> owners, int row, in PlanOptions options) => options.TwoPhase switch
    {
        true => true,
        false => owners[row] == owners[row - 1],
        null => _sharedKeys[row] >= options.Threshold,
    };

    // Few rows are cut finer, so that every thread finds work.
    private int RowsOfBlock(int rows, in PlanOptions options)
    {
        if (_cost.Parallelism == 1)
            return options.MaxRows;
        var pieces = Math.Max(1, 4 * _cost.Parallelism / _cost.PiecesPerBlock);
        var fair = (((rows + pieces - 1) / pieces) + 7) & ~7;
        return Math.Clamp(fair, Math.Min(8, options.MaxRows), options.MaxRows);
    }

    // The nodes above any row of a block, in pre-order: those that are open where the block begins, and those that begin in it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ListNodes(RowBlocks blocks)
    {
        var (node, open, listed) = (0, 0, 0);
        ReadOnlySpan<int> rowBegin = _plan.RowBegin, rowEnd = _plan.RowEnd;
        Span<int> begins = blocks.Begin, ends = blocks.End, listBegin = blocks.NodeBegin, nodes = blocks.Nodes;
        for (var block = 0; block < blocks.Count; block++)
        {
            listBegin[block] = listed;
            while (open > 0 && rowEnd[_open[open - 1]] <= begins[block])
                open--;
            // Every node begins in one block.
            if (listed + open + _plan.NodeCount - node > nodes.Length)
            {
                blocks.Reserve(blocks.Count, Math.Max(listed + open + _plan.NodeCount - node, 2 * nodes.Length));
                begins = blocks.Begin;
                ends = blocks.End;
                listBegin = blocks.NodeBegin;
                nodes = blocks.Nodes;
            }

            for (var i = 0; i < open; i++)
                nodes[listed++] = _open[i];
            for (; node < _plan.NodeCount && rowBegin[node] < ends[block]; node++)
            {
                nodes[listed++] = node;
                while (open > 0 && rowEnd[_open[open - 1]] <= rowBegin[node])
                    open--;
                _open[open++] = node;
            }
        }

        listBegin[blocks.Count] = listed;
    }
}
