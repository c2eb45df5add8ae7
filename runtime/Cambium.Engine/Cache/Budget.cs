namespace Cambium.Runtime.Cache;

/// <summary>
/// Pages of one tenant with a quota, or of all tenants without one together. A tenant takes pages of its budget and evicts from it alone.
/// </summary>
/// <param name="quota">Pages.</param>
internal sealed class Budget(int quota)
{
    public int Quota { get; } = quota;

    /// <summary>Pages that are taken.</summary>
    public int Used;

    /// <summary>Those of them without users.</summary>
    public int Cached;

    /// <summary>Pages of paths that are pinned.</summary>
    public int Pinned;

    public EvictionQueue Evictable { get; } = new(quota);

    /// <summary>Pages that a sequence can have, if the cached ones are evicted.</summary>
    public int Available => Quota - Used + Cached;
}
