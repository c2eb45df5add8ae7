namespace Cambium.Runtime.Cache;

/// <summary>
/// Names a node of a <see cref="PrefixTree"/>: a value that owns nothing. A handle whose node was removed is recognised by its version
/// and refused.
/// </summary>
/// <param name="Index">Of the node.</param>
/// <param name="Version">Which life of the node.</param>
/// <param name="Tenant">Whose sequence it is: what it adds is that tenant's.</param>
public readonly record struct NodeHandle(int Index, int Version, int Tenant = 0);
