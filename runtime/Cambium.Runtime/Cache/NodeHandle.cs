namespace Cambium.Runtime.Cache;

/// <summary>
/// Names a node of a <see cref="PrefixTree"/>: a value that owns nothing. A handle whose node was removed is recognised by its version
/// and refused.
/// </summary>
public readonly record struct NodeHandle(int Index, int Version);
