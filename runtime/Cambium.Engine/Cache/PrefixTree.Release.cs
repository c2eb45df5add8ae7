using Cambium.Checkpoints;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Cache;

// Users, and what becomes of nodes without them.
public sealed partial class PrefixTree
{
    /// <summary>
    /// Ends a handle: the one way in which a sequence gives its chunks back. What was computed stays for others while there is room; tokens placed for
    /// a step that has not run are forgotten.
    /// </summary>
    /// <param name="at">The handle.</param>
    /// <param name="priority">Of the chunks on its path while nobody uses them, if none of their users had a higher one: those of lower priority are given up first.</param>
    public void Release(NodeHandle at, int priority = 0)
    {
        var tail = At(at);
        StructureVersion++;
        _clock++;
        tail.Holds--;
        Leave(_tenants[at.Tenant]!);
        for (var node = tail; node is not null;)
        {
            var parent = node.Parent;
            node.Priority = Math.Max(node.Priority, priority);
            DropUser(node);
            if (node.Users == 0)
                Retire(node);
            node = parent;
        }
    }

    /// <summary>Gives up the cached chunk of the lowest priority that was used least recently, of those that tenants without a quota share.</summary>
    /// <returns>False if no chunk is cached.</returns>
    public bool EvictOne() => EvictOne(_common);

    private bool EvictOne(Budget budget)
    {
        if (budget.Evictable.Peek() is not { } node)
            return false;
        Evictions++;
        Remove(node);
        return true;
    }

    private void Hold(Node node)
    {
        StructureVersion++;
        node.Holds++;
        for (var n = node; n is not null; n = n.Parent)
            AddUser(n);
    }

    private void MoveDown(Node from, Node to)
    {
        StructureVersion++;
        from.Holds--;
        to.Holds++;
        AddUser(to);
    }

    private void AddUser(Node node)
    {
        if (node.Users++ > 0)
            return;
        if (node.QueueSlot >= 0)
            QueueOf(node).Remove(node);
        if (node.Page >= 0)
        {
            CountCached(node, -1);
            PagesInUse++;
        }

        Link(node);
    }

    private void DropUser(Node node)
    {
        if (--node.Users > 0)
            return;
        Unlink(node);
        if (node.Page >= 0)
        {
            CountCached(node, 1);
            PagesInUse--;
        }
    }

    // The last user has left.
    private void Retire(Node node)
    {
        node.LastUsed = _clock;
        node.Owner = -1;
        if (node.Source == NodeSource.Tokens && node.Computed < ChunkSize)
        {
            if (node.Sealed)
                _full.Remove(node.Index);
            node.Sealed = false;
            node.Known = node.Scheduled = node.Computed;
            node.EndPosition = node.FirstPosition + node.Computed;
        }

        if (node.ChildCount > 0)
            return;
        if (node.Source == NodeSource.Root || node.Computed == 0 || IsCoveredBySibling(node))
            Remove(node);
        else
            QueueOf(node).Add(node);
    }

    // A part of a chunk that another chunk begins with is of no use to anybody.
    private bool IsCoveredBySibling(Node node)
    {
        if (node.Source != NodeSource.Tokens || node.Computed == ChunkSize)
            return false;
        var tokens = TokensOf(node)[..node.Computed];
        for (var i = _starts.First(StartKey(node.Parent!, tokens[0], node.Tenant!.Id)); i >= 0; i = _starts.Next(i))
        {
            var other = _nodes[i];
            if (!ReferenceEquals(other, node) && ReferenceEquals(other.Parent, node.Parent) && ReferenceEquals(other.Tenant, node.Tenant) && other.Computed >= tokens.Length
                && TokensOf(other)[..tokens.Length].SequenceEqual(tokens))
                return true;
        }

        return false;
    }

    // A node without users and children leaves the tree; a parent that only it kept becomes a candidate in its place.
    private void Remove(Node node)
    {
        if (node.QueueSlot >= 0)
            QueueOf(node).Remove(node);
        if (node.Stored)
            Changed?.Invoke(TreeEventKind.Removed, node);
        node.Stored = false;
        if (node.Source == NodeSource.Root)
            _roots.Remove(node.Key);
        else
            Unindex(node);
        if (node.Page >= 0)
        {
            CountCached(node, -1);
            node.Tenant!.Budget.Used--;
            _store.Give(node.Page);
        }

        var parent = node.Parent;
        node.Alive = false;
        node.Version++;
        node.Parent = null;
        node.Page = -1;
        node.Identity = null;
        node.Name = null;
        node.Key = default;
        Leave(node.Tenant!);
        node.Tenant = null;
        node.Sealed = false;
        node.Owner = -1;
        node.Known = node.Scheduled = node.Computed = 0;
        _freeNodes[_freeNodeCount++] = node.Index;

        if (parent is null)
            return;
        parent.ChildCount--;
        if (parent is { ChildCount: 0, Users: 0, QueueSlot: < 0 })
        {
            if (parent.Source == NodeSource.Root)
                Remove(parent);
            else
                QueueOf(parent).Add(parent);
        }
    }

    private static void Link(Node node)
    {
        if (node.Parent is not { } parent)
            return;
        node.ActivePrevious = parent.ActiveLast;
        node.ActiveNext = null;
        if (parent.ActiveLast is null)
            parent.ActiveFirst = node;
        else
            parent.ActiveLast.ActiveNext = node;
        parent.ActiveLast = node;
    }

    private static void Unlink(Node node)
    {
        if (node.Parent is not { } parent)
            return;
        if (node.ActivePrevious is null)
            parent.ActiveFirst = node.ActiveNext;
        else
            node.ActivePrevious.ActiveNext = node.ActiveNext;
        if (node.ActiveNext is null)
            parent.ActiveLast = node.ActivePrevious;
        else
            node.ActiveNext.ActivePrevious = node.ActivePrevious;
        node.ActivePrevious = node.ActiveNext = null;
    }
}
