namespace Cambium.Runtime.Steps;

/// <summary>
/// How the rows of a step are cut into blocks that are folded together: with a head, the unit of work of attention. Decides speed only. All lists lie
/// in one block of integers, which a device can copy as a whole.
/// </summary>
public sealed class RowBlocks
{
    private int[] _block = [];
    private int _maxBlocks = -1;

    /// <param name="maxBlocks">Blocks that fit.</param>
    /// <param name="listed">Entries of <see cref="Nodes"/> that fit.</param>
    public RowBlocks(int maxBlocks = 0, int listed = 0) => Reserve(maxBlocks, listed);

    /// <summary>Blocks.</summary>
    public int Count { get; set; }

    /// <summary>[Count] first row of the block.</summary>
    public Span<int> Begin => _block.AsSpan(0, _maxBlocks);

    /// <summary>[Count] one past the last row of the block.</summary>
    public Span<int> End => _block.AsSpan(_maxBlocks, _maxBlocks);

    /// <summary>[Count + 1] where each block's list starts in <see cref="Nodes"/>.</summary>
    public Span<int> NodeBegin => _block.AsSpan(2 * _maxBlocks, _maxBlocks + 1);

    /// <summary>Indices of the nodes above any row of a block, in pre-order, block after block.</summary>
    public Span<int> Nodes => _block.AsSpan((3 * _maxBlocks) + 1);

    /// <summary>All lists above, stored one after another, up to the end of <see cref="Nodes"/> that is in use.</summary>
    public ReadOnlySpan<int> Block => _block.AsSpan(0, (3 * _maxBlocks) + 1 + (Count == 0 ? 0 : NodeBegin[Count]));

    /// <summary>Makes room, and keeps what was written. Spans that were taken before are stale afterwards.</summary>
    public void Reserve(int blocks, int listed)
    {
        if (blocks <= _maxBlocks && listed <= _block.Length - ((3 * _maxBlocks) + 1))
            return;
        var (old, maxBlocks) = (_block, _maxBlocks);
        _maxBlocks = Math.Max(blocks, _maxBlocks);
        listed = Math.Max(listed, maxBlocks < 0 ? 0 : old.Length - ((3 * maxBlocks) + 1));
        _block = new int[checked((3 * _maxBlocks) + 1 + listed)];
        if (maxBlocks < 0)
            return;
        old.AsSpan(0, maxBlocks).CopyTo(Begin);
        old.AsSpan(maxBlocks, maxBlocks).CopyTo(End);
        old.AsSpan(2 * maxBlocks, maxBlocks + 1).CopyTo(NodeBegin);
        old.AsSpan((3 * maxBlocks) + 1).CopyTo(Nodes);
    }
}
