namespace Cambium.Runtime.Cache;

/// <summary>The kinds of <see cref="TreeEvent"/>.</summary>
public enum TreeEventKind
{
    /// <summary>Its keys and values are complete: sequences with the same tokens find them from now on.</summary>
    Stored,

    /// <summary>It was removed: evicted or forgotten.</summary>
    Removed,

    /// <summary>
    /// A request's prompt begins with the path up to its end, which was read from the cache. One event for the last chunk of the path.
    /// </summary>
    Hit,
}
