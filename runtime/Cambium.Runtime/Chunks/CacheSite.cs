namespace Cambium.Runtime.Chunks;

/// <summary>One call site of self-attention whose keys and values are cached, in every layer it runs in.</summary>
/// <param name="Layers">How many times the site runs in one step (the trip count of the loop around it).</param>
/// <param name="KvHeads">Key/value heads.</param>
/// <param name="KeySize">Floats in one key.</param>
/// <param name="ValueSize">Floats in one value.</param>
/// <param name="Heads">
/// Query heads that read them, a multiple of <paramref name="KvHeads"/>; 0 means as many. Used to estimate the cost of a plan.
/// </param>
public readonly record struct CacheSite(int Layers, int KvHeads, int KeySize, int ValueSize, int Heads = 0)
{
    /// <summary>Query heads, at least <see cref="KvHeads"/>.</summary>
    public int QueryHeads => Math.Max(Heads, KvHeads);
}
