namespace Cambium.Runtime;

/// <summary>
/// How long sequences can get: the model limits positions, the pool limits keys. Both bound the tokens of a sequence, less what its given nodes take.
/// </summary>
/// <param name="positions">Positions that the model computes; null for unlimited.</param>
/// <param name="chunks">Chunks of the pool.</param>
/// <param name="chunkSize">Keys in a chunk.</param>
/// <param name="quotas">Chunks that are reserved for tenants, by name.</param>
internal sealed class SequenceLimits(int? positions, int chunks, int chunkSize, IReadOnlyDictionary<string, int> quotas)
{
    private readonly int _commonChunks = chunks - quotas.Values.Sum();

    public int? Positions => positions;

    /// <summary>Keys that the pool holds.</summary>
    public int PoolKeys => chunks * chunkSize;

    /// <summary>Tokens before the last one that any sequence can have.</summary>
    public int ContextLength => Math.Min(positions ?? int.MaxValue, PoolKeys);

    /// <summary>Keys that a tenant's share of the pool holds.</summary>
    public int KeysOf(string tenant) => (quotas.TryGetValue(tenant, out var quota) ? quota : _commonChunks) * chunkSize;
}
