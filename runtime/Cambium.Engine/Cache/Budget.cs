namespace Cambium.Runtime.Cache;

/// <summary>A share of the pool, of one tenant with a quota or of all others together: whoever has it takes pages of it and evicts from it alone.</summary>
/// <param name="quota">Pages.</param>
internal sealed class Budget(int quota)
{
    public int Quota { get; } = quota;

    /// <summary>Pages that are taken.</summary>
    public int Used;

    /// <summary>Those of them that nobody uses.</summary>
    public int Cached;

    /// <summary>Pages of paths that are pinned.</summary>
    public int Pinned;

    public EvictionQueue Evictable { get; } = new(quota);

    /// <summary>Pages that a sequence can have, if the cached ones are given up.</summary>
    public int Available => Quota - Used + Cached;
}
