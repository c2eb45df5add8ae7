using System.Text;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Text;
using Cambium.Text.Templates;

namespace Cambium.Serving.Tests;

/// <summary>A tokenizer with one token per byte, an EOS token and special tokens that are marks of tool calls.</summary>
internal sealed class MarkTokenizer : Tokenizer
{
    public const int Eos = 256;

    private static readonly string[] Special =
    [
        "<end>", "[TOOL_CALLS]", "[/INST]", "[ARGS]", "[CALL_ID]", "<|start|>", "<|channel|>", "<|message|>", "<|constrain|>", "<|end|>", "<|call|>",
    ];

    public override int VocabularySize => 256 + Special.Length;

    public override int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        var ids = new List<int>();
        for (var at = 0; at < text.Length;)
        {
            var special = parseSpecial ? Array.FindIndex(Special, name => text.AsSpan(at).StartsWith(name, StringComparison.Ordinal)) : -1;
            var length = special >= 0 ? Special[special].Length : char.IsSurrogatePair(text, at) ? 2 : 1;
            if (special >= 0)
                ids.Add(256 + special);
            else
                ids.AddRange(Encoding.UTF8.GetBytes(text.Substring(at, length)).Select(static b => (int)b));
            at += length;
        }

        return [.. ids];
    }

    public override ReadOnlySpan<byte> Bytes(int id) =>
        id < 256 ? new[] { (byte)id } : id < VocabularySize ? Encoding.UTF8.GetBytes(Special[id - 256]) : [];

    public override bool IsSpecial(int id) => id >= 256;

    public override int? IdOf(string token) => Array.IndexOf(Special, token) is var at && at >= 0 ? 256 + at : null;

    public override string? TokenOf(int id) => id >= 256 && id < VocabularySize ? Special[id - 256] : null;

    public static LoadedCheckpoint Checkpoint() => new LoadedCheckpoint
    {
        Folder = "none",
        Config = ModelConfig.Parse("""{ "max_position_embeddings": 8192 }"""),
        Fingerprint = "marks",
        Generation = new GenerationConfig([Eos], null),
    }.With<Tokenizer?>(new MarkTokenizer());
}
