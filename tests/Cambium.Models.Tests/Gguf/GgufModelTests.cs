using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Models.Tests.Architectures;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Models.Tests.Gguf;

/// <summary>A GGUF file of a checkpoint gives the bits that its folder gives.</summary>
public sealed class GgufModelTests(ITestOutputHelper output) : IDisposable
{
    private static readonly LoadOptions s_exact = new() { Products = WeightProducts.Exact };

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("llama-linear-rope")]
    [InlineData("mistral-window")]
    [InlineData("llama-gqa")]
    [InlineData("llama-yarn")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gpt2")]
    public void A_file_in_f32_is_bit_identical_to_the_folder(string fixture)
    {
        var folder = Fixtures.InRepository(fixture);
        var file = GgufOfFolder.Write(folder, _folder.At("model.gguf"), static (_, _) => 0);
        using var expected = Zoo.Load(folder);
        using var model = Zoo.Load(file);
        // The architecture of a Mistral file is llama.
        if (fixture != "mistral-window")
            Assert.Equal(expected.Definition, model.Definition);
        Assert.Empty(model.Checkpoint.UnreadTensors);
        Assert.Equal(Bits(expected), Bits(model));
    }

    [Fact]
    public void A_file_in_pieces_is_bit_identical_to_the_whole_file()
    {
        var folder = Fixtures.InRepository("qwen3");
        using var expected = Zoo.Load(folder);
        var first = GgufOfFolder.WritePieces(folder, _folder.At("model"), pieces: 3);
        Assert.EndsWith("model-00001-of-00003.gguf", first, StringComparison.Ordinal);
        using (var model = Zoo.Load(first))
            Assert.Equal(Bits(expected), Bits(model));
        Assert.Contains("Give the first piece", Refusal(_folder.At("model-00002-of-00003.gguf")), StringComparison.Ordinal);
        File.Move(_folder.At("model-00003-of-00003.gguf"), _folder.At("lost.gguf"));
        Assert.Contains("model-00003-of-00003.gguf: is missing: it is piece 3 of 3", Refusal(first), StringComparison.Ordinal);

        static string Refusal(string path) => Assert.Throws<CheckpointException>(() => Zoo.Load(path).Dispose()).Message;
    }

    [Fact]
    public void Rotary_factors_of_a_file_equal_those_of_the_settings()
    {
        var folder = Fixtures.InRepository("llama3-rope");
        using var expected = Zoo.Load(folder);
        using var model = Zoo.Load(GgufOfFolder.Write(folder, _folder.At("model.gguf"), static (_, _) => 0));
        int[] ids = [.. Enumerable.Range(0, 50).Select(i => (i * 7) % model.OutputWidth)];
        Assert.All(LogitsOf(expected, ids).Zip(LogitsOf(model, ids)), static pair => Assert.InRange(pair.Second - pair.First, -1e-4f, 1e-4f));
        // The factors change the result.
        using var plain = Zoo.Load(GgufOfFolder.Write(folder, _folder.At("plain.gguf"), static (_, _) => 0, isScaled: false));
        Assert.Contains(LogitsOf(plain, ids).Zip(LogitsOf(model, ids)), static pair => Math.Abs(pair.Second - pair.First) > 0.01f);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(8u)]
    [InlineData(30u)]
    public void A_file_of_another_type_equals_a_folder_of_rounded_weights(uint type)
    {
        var folder = Fixtures.InRepository("gpt2");
        foreach (var fixture in (string[])["gpt2", "qwen3"])
        {
            folder = Fixtures.InRepository(fixture);
            // Vectors stay in f32, and so do rows that are not whole blocks.
            uint TypeOf(string name, long[] shape) => shape.Length == 2 && (type is 1 or 30 || shape[1] % 32 == 0) ? type : 0;
            var file = GgufOfFolder.Write(folder, _folder.At("typed.gguf"), TypeOf);
            var rounded = GgufOfFolder.Round(folder, _folder.At("rounded"), TypeOf);
            using var expected = Zoo.Load(rounded);
            using var model = Zoo.Load(file, s_exact);
            Assert.Equal(Bits(expected), Bits(model));
        }
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("f16")]
    [InlineData("bf16")]
    [InlineData("q8_0")]
    [InlineData("q4_0")]
    public void Logits_match_the_recording(string type)
    {
        var path = Fixtures.InRepository($"gguf/llama-{type}.gguf");
        using var recorded = SafetensorsFile.Open(Path.Combine(Path.GetDirectoryName(path)!, "expected.safetensors"));
        using var model = Llama.Load(path, s_exact);
        int[] ids = [.. recorded.ReadIntegers("ids").Select(static id => (int)id)];
        var expected = recorded.ReadFloats($"logits.{type}");
        var logits = LogitsOf(model, ids);
        Assert.Equal(expected.Length, logits.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - logits[i]) <= 2e-4 + (2e-4 * Math.Abs(expected[i])), $"Logit {i} is {logits[i]}, expected {expected[i]}.");
        }

        Assert.Equal(type.ToUpperInvariant(), model.Checkpoint.WeightType.Name());

        // Text round-trips.
        var tokenizer = model.Checkpoint.Tokenizer!;
        const string text = "In a hole in the ground, 1937: naïve 🌱!";
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.Equal([0], model.Checkpoint.Generation.EosTokens);
    }

    // Files of the folder, such as llama-q4_k.gguf, with their logits, such as logits.q4_k.
    [Fact]
    public void Recorded_files_of_every_type_match_their_logits()
    {
        foreach (var folder in Fixtures.Recorded("gguf"))
        {
            using var recorded = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
            var compared = 0;
            foreach (var path in Directory.GetFiles(folder, "*.gguf").Order(StringComparer.Ordinal))
            {
                var type = Path.GetFileNameWithoutExtension(path).Split('-', 2)[^1];
                if (recorded.Find($"logits.{type}") is null)
                    continue;
                using var model = Zoo.Load(path, s_exact);
                int[] ids = [.. recorded.ReadIntegers(recorded.Find($"ids.{type}") is null ? "ids" : $"ids.{type}").Select(static id => (int)id)];
                TensorAssert.Close(recorded.ReadFloats($"logits.{type}"), LogitsOf(model, ids), Tolerance.Model, path);
                compared++;
            }

            output.WriteLine($"{folder}: {compared} files.");
            Assert.NotEqual(0, compared);
        }
    }

    [Fact]
    public void A_class_outside_the_zoo_loads_with_the_names_that_it_declares()
    {
        var folder = Fixtures.InRepository("architectures/granite");
        using var expected = Granite.Load(folder);
        using var model = Granite.Load(GgufOfFolder.Write(folder, _folder.At("granite.gguf"), static (_, _) => 0));
        Assert.Empty(model.Checkpoint.UnreadTensors);
        Assert.Equal(Bits(expected), Bits(model));
    }

    [Fact]
    public void A_class_refuses_a_GGUF_architecture_that_it_does_not_declare()
    {
        var file = GgufOfFolder.Write(Fixtures.InRepository("architectures/granite"), _folder.At("granite.gguf"), static (_, _) => 0);
        Refused(
            () => Bert.Load(file),
            "'general.architecture': is 'granite', and the model class declares no GGUF architecture",
            "Implement DeclareGguf");
        Refused(() => Llama.Load(file), "'general.architecture': is 'granite', expected one of llama", "Write a class");

        void Refused(Func<CompiledModel> load, params string[] parts) =>
            Assert.All([file, .. parts], part => Assert.Contains(part, Assert.Throws<CheckpointException>(load).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Errors_in_a_declaration_name_the_setting_tensor_or_constant()
    {
        var file = GgufOfFolder.Write(Fixtures.InRepository("architectures/granite"), _folder.At("granite.gguf"), static (_, _) => 0);
        var right = Assert.Single(Granite.GgufArchitectures);
        Assert.Equal(97, Checkpoint.ReadConfig(file, [right]).Int("vocab_size"));
        Assert.Contains(
            "metadata 'granite.logit_scale': is 0.69999998", Message(right with { Settings = Without(right.Settings, "logit_scale") }),
            StringComparison.Ordinal);
        Assert.Contains(
            "tensor 'blk.0.attn_q.", Message(right with { Tensors = Without(right.Tensors, "blk.{i}.attn_q") }), StringComparison.Ordinal);
        Assert.Contains(
            "tensor 'embd.weight': is missing", Message(right with { TensorFields = [new("vocab_size", GgufTensorValue.Rows, "embd.weight")] }),
            StringComparison.Ordinal);

        var constant = Assert.Throws<ArgumentException>(
            () => Checkpoint.ReadConfig(file, [right with { Constants = new Dictionary<string, string> { ["hidden_act"] = "silu" } }]));
        Assert.Contains("'granite' declares the constant 'hidden_act' as silu", constant.Message, StringComparison.Ordinal);

        string Message(GgufArchitecture architecture) =>
            Assert.Throws<CheckpointException>(() => Checkpoint.ReadConfig(file, [architecture])).Message;
        static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> names, string name) =>
            names.Where(pair => pair.Key != name).ToDictionary();
    }

    [Fact]
    public void Settings_that_change_the_computation_are_refused_by_name()
    {
        var folder = Fixtures.InRepository("llama-linear-rope");
        void Refused(Action<GgufBuilder> change, params string[] parts)
        {
            var file = GgufOfFolder.Write(folder, _folder.At("refused.gguf"), static (_, _) => 0, change);
            var error = Assert.Throws<CheckpointException>(() => Zoo.Load(file));
            Assert.All([file, .. parts], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        }

        Refused(static file => file.Set("llama.expert_count", 8), "llama.expert_count", "is 8");
        Refused(static file => file.Set("llama.rope.scaling.yarn_beta_fast", 32f), "yarn_beta_fast", "not supported");
        Refused(static file => file.Add("rope_freqs.weight", [8], 0, [1, 1, 1, 1, 2, 3, 4, 4]), "rope_freqs.weight", "linear");
        Refused(static file => file.Set("llama.attention.scale", 0.1f), "llama.attention.scale");
        Refused(static file => file.Set("llama.attention.causal", false), "llama.attention.causal");
        Refused(static file => file.Set("llama.attention.value_length", 4u), "value_length");
        Refused(static file => file.Set("split.count", (uint)2), "split.count", "refused-00001-of-00002.gguf");
        Refused(static file => file.Add("blk.0.attn_sinks.weight", [4], 0, [1, 2, 3, 4]), "attn_sinks");
        Refused(static file => file.Add("blk.1.attn_v.bias", [1], 0, new float[1]), "does not fit", "self_attn.q_proj.bias");
        // The message has the name that the class declares; the file has another.
        var cut = GgufOfFolder.Write(folder, _folder.At("cut.gguf"), static (_, _) => 0, cut: "model.layers.1.input_layernorm.weight");
        Assert.Contains(
            "cut.gguf: tensor 'model.layers.1.input_layernorm.weight': has the shape [24], expected [48]",
            Assert.Throws<CheckpointException>(() => Zoo.Load(cut)).Message, StringComparison.Ordinal);
        var other = new GgufBuilder().Set("general.architecture", "mamba").Save(_folder.At("other.gguf"));
        Assert.Contains(
            "is 'mamba', expected one of gpt2, llama, qwen2, qwen3", Assert.Throws<CheckpointException>(() => Zoo.Load(other)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "begins with 'GGUF'", Assert.Throws<CheckpointException>(() => Zoo.Load(Path.Combine(folder, "model.safetensors"))).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static int[] Bits(CompiledModel model) =>
        [.. LogitsOf(model, [.. Enumerable.Range(0, 21).Select(i => ((i * i) + 3) % Math.Min(40, model.OutputWidth))])
            .Select(BitConverter.SingleToInt32Bits)];

    private static float[] LogitsOf(CompiledModel model, int[] ids)
    {
        using var loop = new EngineLoop(
            model, new EngineOptions { MaxSequences = 1, Threads = 1, PoolTokens = 256, ChunkSize = 32, ContextLength = 64 });
        var seen = new Logits(model.OutputWidth, ids.Length);
        loop.Run(new Request { PromptTokens = ids, MaxTokens = 1, WantsText = false, Observer = seen });
        return seen.All;
    }

    private sealed class Logits(int width, int positions) : IPromptObserver
    {
        public float[] All { get; } = new float[width * positions];

        void IPromptObserver.Logits(int position, ReadOnlySpan<float> logits)
        {
            if (position < positions)
                logits.CopyTo(All.AsSpan(position * width));
        }

        void IPromptObserver.Hidden(int index, int position, ReadOnlySpan<float> hidden)
        {
        }
    }
}
