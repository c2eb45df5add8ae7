using Cambium.Checkpoints;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Cache;

/// <summary>One node: up to a chunk of keys and values. Plain data that the tree links and unlinks; nodes are made once and reused.</summary>
internal sealed class Node(int index)
{
    public readonly int Index = index;

    /// <summary>Counts the lives of this slot, so that old handles are recognised.</summary>
    public int Version;

    public bool Alive;
    public NodeSource Source;
    public Node? Parent;

    /// <summary>Page of the pool, -1 for a root.</summary>
    public int Page = -1;

    /// <summary>Logical position of the first key.</summary>
    public int FirstPosition;

    /// <summary>Logical positions up to the node's end: where a child starts.</summary>
    public int EndPosition;

    /// <summary>Tokens that are known to come here: the writer's prompt reaches this far. At least <see cref="Scheduled"/>.</summary>
    public int Known;

    /// <summary>Keys that exist when the coming step has run. At least <see cref="Computed"/>.</summary>
    public int Scheduled;

    /// <summary>Keys that exist.</summary>
    public int Computed;

    /// <summary>The sequence that writes here, -1 when nobody does.</summary>
    public int Owner = -1;

    /// <summary>Handles in use at this node or below it.</summary>
    public int Users;

    /// <summary>Handles in use at this node.</summary>
    public int Holds;

    public int ChildCount;

    // Children with users, in the order in which they came to have one: what a plan walks.
    public Node? ActiveFirst;
    public Node? ActiveLast;
    public Node? ActivePrevious;
    public Node? ActiveNext;

    /// <summary>Logical time of the last use. A parent's is at least its children's.</summary>
    public long LastUsed;

    /// <summary>The highest that any of its users had: nodes of lower priority are given up before it.</summary>
    public int Priority;

    /// <summary>Place in the eviction queue, -1 outside.</summary>
    public int QueueSlot = -1;

    /// <summary>Whether it is complete and those who watch were told so.</summary>
    public bool Stored;

    /// <summary>Key under which a full chunk is found.</summary>
    public bool Sealed;

    public RootKey Key;
    public Tenant? Tenant;

    /// <summary>Pins at it or below it.</summary>
    public int Pins;

    /// <summary>Those by which all tenants see it.</summary>
    public int Published;

    /// <summary>Counts nodes in the order in which they were made.</summary>
    public long Born;

    public string? Identity;

    /// <summary>What <see cref="ChunkName"/> calls it, once somebody has asked.</summary>
    public byte[]? Name;
}
