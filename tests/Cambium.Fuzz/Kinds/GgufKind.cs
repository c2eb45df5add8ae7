using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Fuzz.Mutation;
using Cambium.Models.Tests.Gguf;
using Cambium.Runtime;
using Cambium.Text;
using Cambium.Text.Templates;

namespace Cambium.Fuzz.Kinds;

/// <summary>GGUF files with changed settings, tensors, tokenizers and bytes.</summary>
internal sealed class GgufKind : CaseKind
{
    private static readonly string[] Fixtures = ["llama-linear-rope", "mistral-window", "qwen2", "qwen3", "gpt2"];

    private static readonly string[] Keys =
    [
        "block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count", "attention.head_count_kv",
        "attention.key_length", "attention.value_length",
        "rope.dimension_count", "rope.freq_base", "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon", "attention.sliding_window",
        "rope.scaling.type",
        "rope.scaling.factor", "rope.scaling.original_context_length", "vocab_size", "expert_count", "attention.scale",
    ];

    private static readonly string[] Other =
    [
        "general.alignment", "general.architecture", "general.file_type", "tokenizer.chat_template", "tokenizer.ggml.model", "tokenizer.ggml.pre",
        "tokenizer.ggml.tokens",
        "tokenizer.ggml.merges", "tokenizer.ggml.scores", "tokenizer.ggml.token_type", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id",
        "tokenizer.ggml.add_bos_token",
    ];

    public override bool IsDocumented(Exception error) =>
        base.IsDocumented(error) || error is RequestRefusedException or ChatTemplateException || error.GetType() == typeof(ArgumentException);

    public override void Run(Random random, string folder)
    {
        var fixture = Fixtures[random.Next(Fixtures.Length)];
        uint[] types = [0, 0, 1, 30, .. GgufBlocks.Types];
        var type = types[random.Next(types.Length)];
        var block = GgufBlocks.Inputs(type);
        var path = Path.Combine(folder, "model.gguf");
        // The fixtures have few rows of 256 elements.
        if (random.Next(3) == 0)
        {
            uint Mostly(string name) => random.Next(2) == 0 ? type : types[random.Next(types.Length)];
            RandomLlama.Write(path, Mostly, layers: 1, change: file => Change(file, Fixtures[0], random));
        }
        else
        {
            GgufOfFolder.Write(
                TestKit.Fixtures.InRepository(fixture), path, (_, shape) => shape.Length > 1 && shape[^1] % block == 0 ? type : 0,
                file => Change(file, fixture, random));
        }

        if (random.Next(3) > 0)
            File.WriteAllBytes(path, ByteMutator.Mutate(File.ReadAllBytes(path), random, 4000));
        Read(path);
        if (Tokenizer.TryLoad(path) is { } tokenizer)
            TokenizerKind.Use(tokenizer, random);
        if (ChatTemplate.TryLoad(path) is { } template)
            template.Render(ChatTemplateInput.Of(("user", "Hi")));
        ModelRun.Run(path, random);
    }

    private void Read(string path)
    {
        using var file = GgufFile.Open(path);
        foreach (var key in file.Metadata.Keys)
        {
            foreach (var read in (Action[])
                [
                    () => file.Metadata.Int(key), () => file.Metadata.Double(key), () => file.Metadata.Text(key), () => file.Metadata.Texts(key),
                    () => file.Metadata.Doubles(key),
                ])
            {
                try
                {
                    read();
                }
                catch (CheckpointException)
                {
                }
            }
        }
    }

    private static void Change(GgufBuilder file, string fixture, Random random)
    {
        if (random.Next(2) == 0)
            AddTokenizer(file, fixture, random);
        var architecture = fixture switch { "llama-linear-rope" or "mistral-window" => "llama", var name => name };
        for (var i = random.Next(3); i > 0; i--)
        {
            var key = random.Next(4) > 0 ? $"{architecture}.{Keys[random.Next(Keys.Length)]}" : Other[random.Next(Other.Length)];
            // A key that is there already is an error of its own.
            file.Set(random.Next(4) == 0 ? key : key + "_", Value(random));
        }

        if (random.Next(6) == 0)
        {
            long[] shape = [random.Next(1, 5), 32 * random.Next(1, 3)];
            if (random.Next(2) == 0)
                shape = [Numbers.Extreme(random), Numbers.Extreme(random)];
            file.AddRaw($"extra.{random.Next(3)}", shape, (uint)random.Next(44), new byte[random.Next(600)]);
        }
    }

    private static void AddTokenizer(GgufBuilder file, string fixture, Random random)
    {
        var isWords = random.Next(2) == 0;
        var family = JsonNode.Parse(File.ReadAllText(TestKit.Fixtures.InRepository($"tokenizers/{(isWords ? "llama2" : "gpt2")}/tokenizer.json")))!;
        string[] tokens = [.. family["model"]!["vocab"]!.AsObject().OrderBy(static token => (int)token.Value!).Select(static token => token.Key)];
        file.Set("tokenizer.ggml.model", random.Next(20) == 0 ? fixture : isWords ? "llama" : "gpt2")
            .Set("tokenizer.ggml.tokens", tokens)
            .Set("tokenizer.ggml.token_type", (int[])[.. tokens.Select(token => isWords && token is ['<', ..] ? 6 : TokenType(random))])
            .Set("tokenizer.ggml.bos_token_id", (uint)(random.Next(6) == 0 ? Numbers.Extreme(random) : 1))
            .Set("tokenizer.chat_template", "{% for m in messages %}{{ m.content }}{% endfor %}");
        if (isWords)
            file.Set("tokenizer.ggml.scores", (float[])[.. tokens.Select((_, i) => -(float)i)]);
        else
        {
            file.Set("tokenizer.ggml.pre", Pre(random))
                .Set("tokenizer.ggml.merges", (string[])[.. family["model"]!["merges"]!.AsArray().Take(200).Select(Merge)]);
        }
    }

    private static string Pre(Random random) => random.Next(6) switch
    {
        0 => "nothing",
        1 => "gpt-2",
        _ => PreTokenizerPresets.Names.ElementAt(random.Next(PreTokenizerPresets.Names.Count())),
    };

    private static int TokenType(Random random) => random.Next(200) == 0 ? random.Next(-1, 9) : 1;

    private static string Merge(JsonNode? merge) => merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : (string)merge!;

    private static object Value(Random random) => random.Next(10) switch
    {
        0 => unchecked((uint)Numbers.Extreme(random)),
        1 => unchecked((ulong)Numbers.Extreme(random)),
        2 => unchecked((int)Numbers.Extreme(random)),
        3 => Numbers.Extreme(random),
        4 => random.Next(2) == 0 ? float.NaN : (float)Numbers.Extreme(random),
        5 => random.NextDouble(),
        6 => random.Next(2) == 0,
        7 => Keys[random.Next(Keys.Length)],
        8 => (int[])[.. Enumerable.Range(0, random.Next(5)).Select(_ => unchecked((int)Numbers.Extreme(random)))],
        _ => (string[])[.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Keys[random.Next(Keys.Length)])],
    };
}
