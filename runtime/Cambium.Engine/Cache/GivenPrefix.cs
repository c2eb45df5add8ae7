using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Cache;

/// <summary>Keys and values that are not computed from tokens: one node of at most a chunk.</summary>
/// <param name="Identity">Digest of the content; equal identities below one node are one node.</param>
/// <param name="Keys">How many keys; at most the chunk size.</param>
/// <param name="Positions">Logical positions they occupy; the tokens after them start that much later.</param>
/// <param name="Fill">Called once, when the node is made.</param>
public sealed record GivenPrefix(string Identity, int Keys, int Positions, Action<GivenWriter> Fill);

/// <summary>Writes the keys and values of a given node to its page.</summary>
public readonly struct GivenWriter
{
    private readonly ChunkStore _store;
    private readonly int _page;

    internal GivenWriter(ChunkStore store, int page) => (_store, _page) = (store, page);

    /// <summary>Writes one key.</summary>
    /// <param name="index">Which of the prefix's keys.</param>
    /// <param name="site">Index of the attention site.</param>
    /// <param name="layer">Layer of the site.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="key">[key size]</param>
    public void Key(int index, int site, int layer, int head, ReadOnlySpan<float> key) => _store.WriteKey(_page, index, site, layer, head, key);

    /// <summary>Writes one value.</summary>
    /// <param name="index">Which of the prefix's values.</param>
    /// <param name="site">Index of the attention site.</param>
    /// <param name="layer">Layer of the site.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="value">[value size]</param>
    public void Value(int index, int site, int layer, int head, ReadOnlySpan<float> value) =>
        _store.WriteValue(_page, index, site, layer, head, value);
}
