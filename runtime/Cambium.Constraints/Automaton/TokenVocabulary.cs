using Cambium.Text;

namespace Cambium.Constraints;

/// <summary>The tokens that stand for text, in the order of their bytes: those with a common beginning are neighbours, so that the beginning is looked at once for all of them.</summary>
internal sealed class TokenVocabulary
{
    private readonly byte[][] _bytes;

    /// <param name="tokenizer">Whose tokens.</param>
    /// <param name="size">Ids are below this.</param>
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
        }
    }

    public int Size { get; }

    /// <summary>Ids that stand for text.</summary>
    public int[] Order { get; }

    /// <summary>How many bytes each has in common with the one before it.</summary>
    public int[] Common { get; }

    public int Longest { get; }

    /// <summary>Empty for tokens that steer.</summary>
    public ReadOnlySpan<byte> Bytes(int id) => _bytes[id];
}
