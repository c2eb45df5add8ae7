namespace Cambium.Runtime.Cache;

/// <summary>
/// Names a node of a <see cref="PrefixTree"/>: a value that owns nothing. A handle of a removed node is recognised by its version
/// and refused.
/// </summary>
/// <param name="Index">Of the node.</param>
/// <param name="Version">Increases whenever the node is reused.</param>
/// <param name="Tenant">The sequence's tenant, which owns the nodes that the sequence adds.</param>
public readonly record struct NodeHandle(int Index, int Version, int Tenant = 0);
