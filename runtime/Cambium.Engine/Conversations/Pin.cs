using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>A path that stays in the tree until a time, or until a share of the pool needs the room.</summary>
/// <param name="Number">Number of the pin, in order of creation.</param>
/// <param name="At">The tree's handle.</param>
/// <param name="Published">Whether all tenants can read it.</param>
/// <param name="Budgets">The shares whose chunks it keeps.</param>
/// <param name="Priority">Cache priority of its chunks when it ends.</param>
/// <param name="End">When it ends, by the loop's clock.</param>
/// <param name="Conversation">The conversation it keeps; 0 for a prompt.</param>
internal sealed record Pin(long Number, NodeHandle At, bool Published, Budget[] Budgets, int Priority, long End, long Conversation)
    : IComparable<Pin>
{
    /// <summary>In the order in which they end.</summary>
    public int CompareTo(Pin? other) => other is null ? 1 : (End, Number).CompareTo((other.End, other.Number));
}
