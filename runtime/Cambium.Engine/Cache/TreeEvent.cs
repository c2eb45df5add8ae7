namespace Cambium.Runtime.Cache;

/// <summary>Something that happened to a complete chunk of the tree.</summary>
/// <param name="Kind">The kind of event.</param>
/// <param name="Name">The chunk's <see cref="ChunkName"/>, in hexadecimal digits; the same on every machine that computes the same bits.</param>
/// <param name="Parent">The name of the chunk before it, or of the root of its namespace.</param>
/// <param name="Tenant">Its tenant.</param>
/// <param name="FirstPosition">Position of its first token.</param>
/// <param name="Tokens">Its tokens; none where its keys and values were given.</param>
/// <param name="Request">The number of the request that found it, for a hit; otherwise 0.</param>
public sealed record TreeEvent(
    TreeEventKind Kind, string Name, string Parent, string Tenant, int FirstPosition, IReadOnlyList<int> Tokens, long Request = 0);
