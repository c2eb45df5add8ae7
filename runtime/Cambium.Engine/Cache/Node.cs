using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cache;

/// <summary>
/// One node: up to a chunk of tokens, or a content that is given. Plain data that the tree links and unlinks; nodes are made once and reused.
/// </summary>
internal sealed class Node(int index)
{
    public readonly int Index = index;

    /// <summary>Counts the lives of this slot, so that old handles are recognised.</summary>
    public int Version;

    public bool Alive;
    public NodeSource Source;
    public Node? Parent;

    /// <summary>Page of the store; -1 for a root and for a given content.</summary>
    public int Page = -1;

    /// <summary>Logical position of the first key.</summary>
    public int FirstPosition;

    /// <summary>Logical positions up to the node's end: where a child starts.</summary>
    public int EndPosition;

    /// <summary>Number of tokens that the writer's prompt has for this node. At least <see cref="Scheduled"/>.</summary>
    public int Known;

    /// <summary>Keys that exist when the coming step has run. At least <see cref="Computed"/>.</summary>
    public int Scheduled;

    /// <summary>Keys that exist.</summary>
    public int Computed;

    /// <summary><see cref="Scheduling.Sequence.Place"/> of the sequence that writes here, -1 if there is none.</summary>
    public int Owner = -1;

    /// <summary>Handles in use at this node or below it.</summary>
    public int Users;

    /// <summary>Handles in use at this node.</summary>
    public int Holds;

    public int ChildCount;

    // Children with users, in the order in which they got their first one: the planner walks them.
    public Node? ActiveFirst;
    public Node? ActiveLast;
    public Node? ActivePrevious;
    public Node? ActiveNext;

    /// <summary>Logical time of the last use. A parent's is at least its children's.</summary>
    public long LastUsed;

    /// <summary>The highest of its users' priorities: nodes of lower priority are evicted before it.</summary>
    public int Priority;

    /// <summary>Place in the eviction queue, -1 outside.</summary>
    public int QueueSlot = -1;

    /// <summary>Whether it was reported as complete.</summary>
    public bool Stored;

    /// <summary>Whether it is found as a full chunk.</summary>
    public bool Sealed;

    /// <summary>The namespace, of a root.</summary>
    public RootKey Key;

    public Tenant? Tenant;

    /// <summary>Pins at it or below it.</summary>
    public int Pins;

    /// <summary>Pins that let all tenants see it.</summary>
    public int Published;

    /// <summary>Counts nodes in the order in which they were made.</summary>
    public long Born;

    /// <summary>Of a given node.</summary>
    public NodeContent? Content;

    /// <summary>Its <see cref="ChunkName"/>, once it was asked for.</summary>
    public byte[]? Name;

    /// <summary>What it adds to attention.</summary>
    public NodeKind Kind;

    /// <summary>Tokens of the sequence in this node.</summary>
    public int Tokens => Source == NodeSource.Tokens ? Scheduled : 0;

    /// <summary>The length of the path from the root to the end of this node.</summary>
    public PathLength PathLength
    {
        get
        {
            var (keys, tokens) = (0, 0);
            for (var node = this; node is not null; node = node.Parent)
                (keys, tokens) = (keys + node.Scheduled, tokens + node.Tokens);
            return new PathLength(tokens, keys, EndPosition);
        }
    }
}
