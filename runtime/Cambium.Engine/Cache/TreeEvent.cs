using Cambium.Checkpoints;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Cache;

/// <summary>Something that happened to a complete chunk of the tree.</summary>
/// <param name="Kind">What.</param>
/// <param name="Name">What <see cref="ChunkName"/> calls the chunk, in hexadecimal digits; the same on every machine that computes the same bits.</param>
/// <param name="Parent">The name of what comes before it: a chunk or the root of its namespace.</param>
/// <param name="Tenant">Whose it is.</param>
/// <param name="FirstPosition">Position of its first token.</param>
/// <param name="Tokens">Its tokens; none where its keys and values were given.</param>
/// <param name="Request">The number of the request that found it, for a hit; otherwise 0.</param>
public sealed record TreeEvent(TreeEventKind Kind, string Name, string Parent, string Tenant, int FirstPosition, IReadOnlyList<int> Tokens, long Request = 0);
