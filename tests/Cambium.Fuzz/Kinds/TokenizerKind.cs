using System.Text;
using System.Text.Json.Nodes;
using Cambium.Fuzz.Mutation;
using Cambium.Text;
using Cambium.Text.Templates;

namespace Cambium.Fuzz.Kinds;

/// <summary><c>tokenizer.json</c> and <c>tokenizer_config.json</c> with exchanged, repeated, nested and damaged parts.</summary>
internal sealed class TokenizerKind : CaseKind
{
    private static readonly string[] Words =
    [
        "NFC", "NFKD", "Sequence", "Metaspace", "ByteLevel", "Split", "Replace", "Unigram", "BPE", "WordPiece", "WordLevel", "Strip", "Fuse",
        "Precompiled", "BertNormalizer", "Digits",
        "TemplateProcessing", "Isolated", "Removed", "MergedWithPrevious", "type", "pattern", "content", "Regex", "String", "normalizers",
        "pretokenizers", "decoders", "processors",
        "\\p{L}+|\\p{N}{1,3}", "(a|a)*b", "(?i:'s|'t)", "[^\\s]+", "<unk>", "▁", "Ġ", "chat_template", "bos_token",
    ];

    // The kinds of steps whose lists have any length.
    private static readonly (string Field, string List)[] Lists =
        [("normalizer", "normalizers"), ("pre_tokenizer", "pretokenizers"), ("post_processor", "processors"), ("decoder", "decoders")];

    private readonly string[] _families = ["gpt2", "llama2", "llama3", "qwen2", "unigram"];
    private readonly Dictionary<string, string> _small = [];
    private readonly JsonArray _parts = JsonNode.Parse(File.ReadAllText(Fixtures.InRepository("tokenizers/parts.json")))!.AsArray();

    public override bool IsDocumented(Exception error) => base.IsDocumented(error) || error is ChatTemplateException;

    public override void Run(Random random, string folder)
    {
        var root = Small(_families[random.Next(_families.Length)]);
        if (random.Next(2) == 0)
        {
            foreach (var (name, part) in _parts[random.Next(_parts.Count)]!["parts"]!.AsObject())
                root[name] = part?.DeepClone();
        }

        if (random.Next(4) == 0)
            Lengthen(root, random);
        var text = random.Next(8) == 0 ? root.ToJsonString() : new JsonMutator(random, Words).Mutate(root);
        var path = Path.Combine(folder, "tokenizer.json");
        File.WriteAllText(path, text);
        if (random.Next(6) == 0)
            ReadConfig(random, folder);
        Use(Tokenizer.Load(path), random);
    }

    /// <summary>Encodes and decodes any texts and ids.</summary>
    public static void Use(Tokenizer tokenizer, Random random)
    {
        var text = AnyText(random);
        var ids = tokenizer.Encode(text, parseSpecial: random.Next(2) == 0);
        // A stream repeats the work of earlier tokens at most once.
        int[] extreme = [.. Enumerable.Range(0, random.Next(300)).Select(_ => unchecked((int)Numbers.Extreme(random)))];
        int[] usual = [.. Enumerable.Range(0, 300).Select(_ => random.Next(1000))];
        foreach (var list in (int[][])[ids, extreme, usual])
        {
            var stream = new TextStream(tokenizer, skipSpecial: random.Next(2) == 0);
            foreach (var id in list.AsSpan(0, Math.Min(list.Length, 20_000)))
            {
                stream.Append(id);
                _ = tokenizer.Bytes(id).Length;
            }

            stream.Flush();
        }
    }

    /// <summary>A text of any characters: short, or long without a space.</summary>
    public static string AnyText(Random random) => random.Next(8) switch
    {
        0 => new string((char)random.Next(0x20, 0x7F), random.Next(1, 30_000)),
        1 => string.Concat(Enumerable.Repeat("ab ", random.Next(1, 5000))),
        2 => string.Concat(Enumerable.Repeat("日本🌲e\u0301", random.Next(1, 3000))),
        3 => new string([.. Enumerable.Range(0, random.Next(200)).Select(_ => (char)random.Next(0x10000))]),
        _ => string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => new Rune(AnyPoint(random)))),
    };

    private static int AnyPoint(Random random) =>
        random.Next(4) switch { 0 => random.Next(0xE000, 0x110000), 1 => random.Next(0xD800), _ => random.Next(0x20, 0x7F) };

    private static void ReadConfig(Random random, string folder)
    {
        var config = JsonNode.Parse(
            """
            { "bos_token": "<s>", "eos_token": { "content": "</s>" }, "additional_special_tokens": ["a", { "content": "b" }],
              "chat_template": [
                { "name": "default", "template": "{{ messages[0].content }}{{ bos_token }}" }, { "name": "tool_use", "template": "x" }] }
            """)!;
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), new JsonMutator(random, Words).Mutate(config));
        ChatTemplate.TryLoad(folder)?.Render(ChatTemplateInput.Of(("user", "Hi")));
    }

    private static void Lengthen(JsonNode root, Random random)
    {
        var (field, list) = Lists[random.Next(Lists.Length)];
        if (root[field] is not { } step)
            return;
        var times = random.Next(3) == 0 ? random.Next(40_000) : random.Next(1, 300);
        var steps = Enumerable.Repeat(step, Math.Min(times, (4 << 20) / step.ToJsonString().Length)).Select(static part => part.DeepClone());
        root[field] = random.Next(3) > 0
            ? new JsonObject { ["type"] = "Sequence", [list] = new JsonArray([.. steps]) }
            : Enumerable.Range(0, random.Next(1, 60)).Aggregate(step.DeepClone(), (inner, _) =>
                new JsonObject { ["type"] = "Sequence", [list] = new JsonArray(inner) });
    }

    private JsonNode Small(string family)
    {
        if (!_small.TryGetValue(family, out var text))
        {
            var root = JsonNode.Parse(File.ReadAllText(Fixtures.InRepository($"tokenizers/{family}/tokenizer.json")))!;
            // Without most of the merges, changes hit the other parts.
            while (root["model"]!["merges"] is JsonArray { Count: > 40 } merges)
                merges.RemoveAt(merges.Count - 1);
            _small[family] = text = root.ToJsonString();
        }

        return JsonNode.Parse(text)!;
    }
}
