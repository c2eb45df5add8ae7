using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>A path that stays in the tree until a time, or until its share of the pool needs the room.</summary>
/// <param name="Number">Counts pins.</param>
/// <param name="At">The tree's handle.</param>
/// <param name="Published">Whether all tenants see it.</param>
/// <param name="Budget">The share.</param>
/// <param name="Priority">Of its chunks when it ends.</param>
/// <param name="End">When it ends, by the loop's clock.</param>
/// <param name="Conversation">Whose path it is; 0: a prompt's.</param>
internal sealed record Pin(long Number, NodeHandle At, bool Published, Budget Budget, int Priority, long End, long Conversation) : IComparable<Pin>
{
    /// <summary>In the order in which they end.</summary>
    public int CompareTo(Pin? other) => other is null ? 1 : (End, Number).CompareTo((other.End, other.Number));
}
