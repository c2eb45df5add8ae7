using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cache;

/// <summary>Writes a given node's keys and values into its chunk.</summary>
public unsafe delegate void ChunkFill(KvLayout layout, float* chunk);

/// <summary>Keys and values that are not computed from tokens: one node of at most a chunk.</summary>
/// <param name="Identity">Digest of the content; equal identities below one node are one node.</param>
/// <param name="Keys">How many keys; at most the chunk size.</param>
/// <param name="Positions">Logical positions they occupy; what follows them starts that much later.</param>
/// <param name="Fill">Called once, when the node is made.</param>
public sealed record GivenPrefix(string Identity, int Keys, int Positions, ChunkFill Fill);
