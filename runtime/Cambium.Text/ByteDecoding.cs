namespace Cambium.Text;

/// <summary>Decodes a text whose UTF-8 is the concatenation of the tokens' bytes.</summary>
internal sealed class ByteDecoding(Tokenizer tokenizer) : TokenDecoding
{
    private readonly Utf8Pieces _pieces = new();

    public override string Append(int id) => _pieces.Append(tokenizer.Bytes(id), flush: false);

    public override string Flush(bool keepsHalves = true)
    {
        if (!keepsHalves)
            _pieces.Reset();
        return _pieces.Append([], flush: true);
    }
}
