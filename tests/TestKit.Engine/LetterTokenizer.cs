using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Cambium.Text;

namespace Cambium.TestKit;

/// <summary>Token i is the byte 'A' + i, except two tokens that are the two bytes of one character.</summary>
public sealed class LetterTokenizer : Tokenizer
{
    /// <summary>First and second byte of "é".</summary>
    public const int FirstHalf = 30;

    public const int SecondHalf = 31;

    private readonly byte[][] _bytes = [.. Enumerable.Range(0, TinyModel.Vocabulary).Select(i =>
        (byte[])(i switch { FirstHalf => [0xC3], SecondHalf => [0xA9], _ => [(byte)('A' + i)] }))];

    public override int VocabularySize => TinyModel.Vocabulary;

    public override int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false) => [.. text.Select(c => c - 'A')];

    public override ReadOnlySpan<byte> Bytes(int id) => _bytes[id];

    public override bool IsSpecial(int id) => false;

    public override int? IdOf(string token) => token[0] - 'A';

    public override string? TokenOf(int id) => ((char)('A' + id)).ToString();

    public static LoadedCheckpoint Checkpoint(int context = 4096, params int[] endOfText) => new LoadedCheckpoint
    {
        Folder = "none",
        Config = ModelConfig.Parse($$"""{ "max_position_embeddings": {{context}} }"""),
        Fingerprint = "letters",
        Generation = new GenerationConfig(endOfText, null),
    }.With<Tokenizer?>(new LetterTokenizer());
}
