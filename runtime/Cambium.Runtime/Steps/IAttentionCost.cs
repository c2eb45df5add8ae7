namespace Cambium.Runtime.Steps;

/// <summary>
/// A device's estimate of the time that attention takes. The planner uses it to compare ways to cut rows into blocks. The device chooses the unit.
/// </summary>
public interface IAttentionCost
{
    /// <summary>Threads, or processors of another kind, that take pieces of work at the same time.</summary>
    int Parallelism { get; }

    /// <summary>Pieces of work of one block: key/value heads.</summary>
    int PiecesPerBlock { get; }

    /// <summary>The share of the time that blocks across sequences have to save to be preferred: the error of the estimate.</summary>
    double LeastSaving { get; }

    /// <summary>Time until the last piece is done.</summary>
    /// <param name="plan">Its nodes.</param>
    /// <param name="blocks">The blocks.</param>
    /// <param name="owners">[rows] the sequence of each row.</param>
    /// <param name="keys">[rows] keys on the path of each row.</param>
    double Of(AttentionPlan plan, RowBlocks blocks, ReadOnlySpan<int> owners, ReadOnlySpan<int> keys);
}
