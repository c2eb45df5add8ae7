using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Models.Tests.Gguf;
using Cambium.Runtime.Loading;
using Xunit;

namespace Cambium.Models.Tests;

/// <summary>
/// Sizes of a configuration whose products overflow, or that have no tensors, are refused with names and values before anything is allocated.
/// </summary>
public sealed class HostileSizeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Products_of_dims_that_wrap_around_are_refused()
    {
        // 100 * 42949673 is 2^32 + 4: in 32 bits the queries have 4 columns, and the files have tensors of these shapes.
        const int Hidden = 8, Heads = 42949673, KvHeads = 533;
        var writer = new SafetensorsWriter();
        Add("model.embed_tokens.weight", 8, Hidden);
        Add("model.norm.weight", Hidden);
        Add("lm_head.weight", 8, Hidden);
        Add("model.layers.0.input_layernorm.weight", Hidden);
        Add("model.layers.0.post_attention_layernorm.weight", Hidden);
        Add("model.layers.0.self_attn.q_proj.weight", 4, Hidden);
        Add("model.layers.0.self_attn.k_proj.weight", KvHeads * 100, Hidden);
        Add("model.layers.0.self_attn.v_proj.weight", KvHeads * 100, Hidden);
        Add("model.layers.0.self_attn.o_proj.weight", Hidden, 4);
        foreach (var name in new[] { "gate_proj", "up_proj", "down_proj" })
            Add($"model.layers.0.mlp.{name}.weight", 8, Hidden);
        writer.Save(_folder.At("model.safetensors"));
        _folder.Write("config.json", $$"""
            {
                "architectures": ["LlamaForCausalLM"], "hidden_size": {{Hidden}}, "head_dim": 100, "num_attention_heads": {{Heads}},
                "num_key_value_heads": {{KvHeads}}, "num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 8, "hidden_act": "silu",
                "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "tie_word_embeddings": false
            }
            """);

        Refused(
            _folder.Path, "config.json: HeadDim*Heads is 4294967300, expected at most 1073741824",
            "HeadDim ('head_dim') is 100, Heads ('num_attention_heads') is 42949673");

        void Add(string name, params long[] shape) => writer.Add(name, shape, new float[shape.Aggregate(static (a, b) => a * b)]);
    }

    [Theory]
    [InlineData("llama-linear-rope", "num_hidden_layers", "Layers ('num_hidden_layers') is 3000000")]
    [InlineData("qwen2", "num_hidden_layers", "Layers ('num_hidden_layers') is 3000000")]
    [InlineData("qwen3", "num_hidden_layers", "Layers ('num_hidden_layers') is 3000000")]
    [InlineData("gpt2", "n_layer", "Layers ('n_layer') is 3000000")]
    [InlineData("t5-encoder", "num_layers", "Layers ('num_layers') is 3000000")]
    public void Layers_without_tensors_are_refused_before_anything_is_allocated(string fixture, string field, string part)
    {
        var folder = Changed(fixture, config => config[field] = 3_000_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(folder, "config.json", "is 3000000, and the files have", part);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Blocks_without_tensors_are_refused_in_a_GGUF_file()
    {
        var path = GgufOfFolder.Write(Fixtures.InRepository("llama-linear-rope"), _folder.At("model.gguf"), static (_, _) => 0);
        var bytes = File.ReadAllBytes(path);
        var key = "llama.block_count"u8;
        var at = bytes.AsSpan().IndexOf(key) + key.Length + sizeof(uint);
        BitConverter.TryWriteBytes(bytes.AsSpan(at), 200_000_000);
        File.WriteAllBytes(path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(path, "is 200000000, and the files have");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData("llama-linear-rope", "num_key_value_heads", 0)]
    [InlineData("llama-linear-rope", "num_key_value_heads", 5)]
    [InlineData("llama-linear-rope", "num_key_value_heads", -1)]
    [InlineData("llama-linear-rope", "num_attention_heads", 268435456)]
    [InlineData("llama-linear-rope", "vocab_size", 0)]
    [InlineData("llama-linear-rope", "vocab_size", 2147483647)]
    [InlineData("llama-linear-rope", "hidden_size", 268435456)]
    [InlineData("llama-linear-rope", "max_position_embeddings", 0)]
    [InlineData("gpt2", "n_head", 5)]
    [InlineData("gpt2", "n_embd", 268435456)]
    [InlineData("gpt2", "n_positions", 268435456)]
    [InlineData("qwen3", "head_dim", 268435456)]
    [InlineData("t5-encoder", "relative_attention_num_buckets", 0)]
    [InlineData("t5-encoder", "relative_attention_num_buckets", 1)]
    [InlineData("t5-encoder", "relative_attention_num_buckets", 2)]
    [InlineData("t5-encoder", "relative_attention_num_buckets", 3)]
    [InlineData("t5-encoder", "relative_attention_max_distance", 8)]
    [InlineData("t5-encoder", "relative_attention_max_distance", -1)]
    public void A_size_that_cannot_be_used_is_refused(string fixture, string field, int value) =>
        Refused(Changed(fixture, config => config[field] = value), _folder.Path);

    [Theory]
    [InlineData("llama-linear-rope", "rms_norm_eps", "1e300")]
    [InlineData("gpt2", "layer_norm_epsilon", "-1e300")]
    [InlineData("llama-linear-rope", "rope_theta", "1e-300")]
    [InlineData("llama-linear-rope", "rope_scaling", """{ "type": "linear", "factor": 1e-300 }""")]
    public void A_number_that_is_not_finite_in_f32_is_refused(string fixture, string field, string value) =>
        Refused(Changed(fixture, config => config[field] = JsonNode.Parse(value)), _folder.Path, field);

    [Theory]
    [InlineData(WeightStorage.F32)]
    [InlineData(WeightStorage.BF16)]
    [InlineData(WeightStorage.Int8)]
    [InlineData(WeightStorage.Int4)]
    public void Loading_can_be_cancelled_at_every_report(WeightStorage storage)
    {
        var folder = Fixtures.InRepository("llama-linear-rope");
        var reports = 0;
        using (Zoo.Load(folder, new LoadOptions { Storage = storage, Progress = new Immediate(_ => reports++) }))
            Assert.True(reports > 20);
        for (var at = 1; at < reports; at++)
        {
            using var cancel = new CancellationTokenSource();
            var left = at;
            Assert.ThrowsAny<OperationCanceledException>(() => Zoo.Load(
                folder,
                new LoadOptions
                {
                    Storage = storage,
                    Cancellation = cancel.Token,
                    Progress = new Immediate(_ =>
                    {
                        if (--left == 0)
                            cancel.Cancel();
                    }),
                }));
        }
    }

    private string Changed(string fixture, Action<JsonNode> change)
    {
        var folder = _folder.Copy(Fixtures.InRepository(fixture));
        var path = Path.Combine(folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        change(config);
        File.WriteAllText(path, config.ToJsonString());
        return folder;
    }

    private static void Refused(string checkpoint, params string[] parts)
    {
        var message = Assert.Throws<CheckpointException>(() => Zoo.Load(checkpoint).Dispose()).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private sealed class Immediate(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
