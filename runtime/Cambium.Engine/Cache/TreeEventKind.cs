namespace Cambium.Runtime.Cache;

/// <summary>What happened to a chunk.</summary>
public enum TreeEventKind
{
    /// <summary>Its keys and values are complete: whoever has the same tokens finds them from now on.</summary>
    Stored,

    /// <summary>It was given up.</summary>
    Removed,

    /// <summary>A request's prompt begins with everything up to its end, and none of that was computed again; of a path only the last chunk is told.</summary>
    Hit,
}
