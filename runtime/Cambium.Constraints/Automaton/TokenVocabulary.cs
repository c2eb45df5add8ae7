using Cambium.Text;

namespace Cambium.Constraints;

/// <summary>
/// The text tokens of a vocabulary, sorted by their bytes: tokens with a common prefix are adjacent, so the prefix is visited once for all of them.
/// </summary>
internal sealed class TokenVocabulary
{
    private readonly byte[][] _bytes;
    private readonly bool[] _isToken = new bool[256];

    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="size">Number of ids: the width of the logits.</param>
    public TokenVocabulary(Tokenizer tokenizer, int size)
    {
        Size = size;
        _bytes = new byte[size][];
        for (var id = 0; id < size; id++)
            _bytes[id] = tokenizer.IsSpecial(id) ? [] : tokenizer.Bytes(id).ToArray();
        Order = [.. Enumerable.Range(0, size).Where(id => _bytes[id].Length > 0)];
        Array.Sort(Order, (a, b) => _bytes[a].AsSpan().SequenceCompareTo(_bytes[b]) is var order && order != 0 ? order : a.CompareTo(b));
        Common = new int[Order.Length];
        for (var i = 0; i < Order.Length; i++)
        {
            Common[i] = i == 0 ? 0 : _bytes[Order[i - 1]].AsSpan().CommonPrefixLength(_bytes[Order[i]]);
            Longest = Math.Max(Longest, _bytes[Order[i]].Length);
            if (_bytes[Order[i]] is [var only])
                _isToken[only] = true;
        }
    }

    public int Size { get; }

    /// <summary>Ids of text tokens, sorted by their bytes.</summary>
    public int[] Order { get; }

    /// <summary>Length of the prefix that each token shares with the one before it, in bytes.</summary>
    public int[] Common { get; }

    public int Longest { get; }

    /// <summary>Whether each byte of a range is a token by itself.</summary>
    public bool HasBytes(short first, short last) => _isToken.AsSpan(first, last - first + 1).IndexOf(false) < 0;

    /// <summary>Whether a byte of a range is a token by itself.</summary>
    public bool HasAnyByte(short first, short last) => _isToken.AsSpan(first, last - first + 1).IndexOf(true) >= 0;

    /// <summary>Empty for control tokens.</summary>
    public ReadOnlySpan<byte> Bytes(int id) => _bytes[id];
}
