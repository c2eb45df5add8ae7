using System.Text;
using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Cambium.Text;

namespace Cambium.TestKit;

/// <summary>One token for each byte, some for several bytes, and EOS.</summary>
public sealed class ByteTokenizer : Tokenizer
{
    public const int Eos = 256;

    private static readonly string[] Words =
    [
        "{\"", "\":", "\": ", "\",", "\", \"", "},", "}]", "[[", "]]", "true", "false", "null", "12", "00", "-1", "0.", "\\u00", "ab", "abc", "name",
        "\"a\"", "\"b\":", "é", "日本", "😀", " ", "\n ", "{}", "[]", "{\"a\":1",
    ];

    private readonly byte[][] _bytes = [.. Enumerable.Range(0, 256).Select(static b =>
        new[] { (byte)b }), [], .. Words.Select(Encoding.UTF8.GetBytes)];

    public override int VocabularySize => _bytes.Length;

    public override int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false) =>
        [.. Encoding.UTF8.GetBytes(text).Select(static b => (int)b)];

    public override ReadOnlySpan<byte> Bytes(int id) => _bytes[id];

    public override bool IsSpecial(int id) => id == Eos;

    public override int? IdOf(string token) => null;

    public override string? TokenOf(int id) => null;

    public static LoadedCheckpoint Checkpoint(params int[] endOfText) => new LoadedCheckpoint
    {
        Folder = "none",
        Config = ModelConfig.Parse("""{ "max_position_embeddings": 4096 }"""),
        Fingerprint = "bytes",
        Generation = new GenerationConfig(endOfText, null),
    }.With<Tokenizer?>(new ByteTokenizer());
}
