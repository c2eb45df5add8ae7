using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>The parameters of Attend, compiled with grouped-query attention and odd sizes of keys and values, against the interpreter.</summary>
public sealed class AttentionTests
{
    private static readonly int[] Long = [.. Enumerable.Range(0, 71).Select(static i => (i * 29) % 53)];

    private static readonly IReadOnlyList<int[]> Sequences = [Long, [7], [.. Long.Take(40), 3, 9], [5, 4, 3]];

    [Theory]
    [InlineData("causal: false")]
    [InlineData("causal: false, window: 6")]
    [InlineData("window: 40, causal: false, scale: 0.3f")]
    [InlineData("causal: false, score: (s, at) => s - Slope[at.Head] * Abs(at.Query - at.Key)")]
    public void Attention_without_causality_sees_the_whole_sequence(string how)
    {
        using var model = BuiltModel.Build([Source(how)], Config);

        Assert.InRange(model.LargestErrorOfEncoder(Sequences), 1e-9, 1);
    }

    [Theory]
    [InlineData("sinks: Sinks")]
    [InlineData("sinks: Sinks, window: 3, score: (s, at) => s * 3f")]
    [InlineData("visible: at => at.Query - at.Key < 5")]
    [InlineData("visible: at => at.Query - at.Key < 5 && at.Key > 2 || at.Key == 0")]
    [InlineData("visible: at => !(at.Query - at.Key >= 4) & at.Key != 3 | at.Key <= 1, sinks: Sinks")]
    [InlineData("visible: at => at.Key > 4")]
    [InlineData("visible: at => Place % 2 == 0 || at.Query - at.Key < Reach, score: (s, at) => Cap * Tanh(s / Cap) - Slope[at.Head] "
        + "* (at.Query - at.Key)")]
    [InlineData("visible: at => Floor(at.Query / 8) == Floor(at.Key / 8)")]
    [InlineData("visible: at => true")]
    [InlineData("window: Place % 2 == 0 ? Reach : 0, visible: at => Place == 0 ? at.Key >= 1 : at.Head > 2 || at.Key < 20")]
    [InlineData("score: (s, at) => at.Query - at.Key < Reach ? s : s * 0.5f - 1")]
    [InlineData("score: (s, at) => s + Near[at.Query - at.Key]")]
    [InlineData("score: (s, at) => s + Near[at.Query - at.Key - 3] - Near[0.5f * at.Key]")]
    [InlineData("score: (s, at) => s + (Near * 2f)[at.Query - at.Key], sinks: Sinks - 1f")]
    [InlineData("score: (s, at) => s + bias[at.Query - at.Key, at.Head]")]
    [InlineData("score: (s, at) => s + bias[(at.Query - at.Key) / 3, at.Head] + Turned[at.Head, at.Key] * Slope[at.Head]")]
    [InlineData("score: (s, at) => s + Distant(at, bias) - Half(at.Query - at.Key), visible: at => Seen(at.Query - at.Key)")]
    public void Score_functions_give_the_interpreters_result(string how)
    {
        using var model = BuiltModel.Build([Source(how)], Config);

        Assert.InRange(model.LargestError(Options, Sequences), 1e-9, 1);
    }

    [Theory]
    [InlineData("sinks: Sinks, causal: false")]
    [InlineData("visible: at => Abs(at.Query - at.Key) != 2, causal: false, sinks: Sinks, score: "
        + "(s, at) => s + bias[at.Query - at.Key + 16, at.Head]")]
    public void Score_functions_work_without_causality(string how)
    {
        using var model = BuiltModel.Build([Source(how)], Config);

        Assert.InRange(model.LargestErrorOfEncoder(Sequences), 1e-9, 1);
    }

    [Theory]
    [InlineData("sinks: Sinks, visible: at => at.Query - at.Key < 40 && at.Key > 1")]
    [InlineData("score: (s, at) => s + bias[at.Query - at.Key, at.Head]")]
    public void Attention_is_batch_invariant(string how)
    {
        using var model = BuiltModel.Build([Source(how)], Config);
        var all = model.Logits(Options, Sequences);

        foreach (var options in (EngineOptions[])[Options with { Threads = 1, TwoPhase = false },
            Options with { TwoPhase = true, MaxRowsPerStep = 64 }, Options with { MaxRowsPerStep = 5 }])
            Assert.Equal(
                all.SelectMany(static row => row).Select(BitConverter.SingleToInt32Bits),
                model.Logits(options, Sequences).SelectMany(static row => row).Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(
            all[Long.Length..(Long.Length + 1)].SelectMany(static row => row),
            model.Logits(Options, [Sequences[1]]).SelectMany(static row => row));
    }

    [Theory]
    [InlineData("causal: true")]
    [InlineData("window: 6")]
    public void Causal_attention_sees_no_later_token(string how)
    {
        using var model = BuiltModel.Build([Source(how)], Config);

        Assert.InRange(model.LargestErrorOfEncoder(Sequences), 1e-9, 1);
        Assert.InRange(model.LargestError(Options, Sequences), 1e-9, 1);
    }

    private static readonly EngineOptions Options = new() { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 13, MaxSequences = 8 };

    private static readonly Dictionary<string, object> Config = new()
    {
        ["architectures"] = new[] { "SeeingForCausalLM" },
        ["hidden_size"] = 19,
        ["num_layers"] = 2,
        ["vocab_size"] = 53,
        ["num_heads"] = 6,
        ["num_kv_heads"] = 2,
        ["key_size"] = 7,
        ["value_size"] = 5,
        ["reach"] = 6,
        ["cap"] = 1.5,
        ["max_position_embeddings"] = 256,
    };

    /// <param name="how">Arguments of Attend after q, k and v.</param>
    private static string Source(string how) => $$"""
        namespace Sample;

        [Block]
        public partial class Layer
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_heads")] public partial int Heads { get; }
            [Dim("num_kv_heads")] public partial int KvHeads { get; }
            [Dim("key_size")] public partial int KeySize { get; }
            [Dim("value_size")] public partial int ValueSize { get; }
            [StackIndex] public partial int Place { get; }
            [Weight("q", "Heads * KeySize, Hidden")] public partial Tensor Q { get; }
            [Weight("k", "KvHeads * KeySize, Hidden")] public partial Tensor K { get; }
            [Weight("v", "KvHeads * ValueSize, Hidden")] public partial Tensor V { get; }
            [Weight("o", "Hidden, Heads * ValueSize")] public partial Tensor O { get; }
            [Weight("slope", "Heads")] public partial Tensor Slope { get; }
            [Weight("sinks", "Heads")] public partial Tensor Sinks { get; }
            [Weight("near", "11")] public partial Tensor Near { get; }
            [Weight("turned", "Heads, 45")] public partial Tensor Turned { get; }
            [Dim("reach")] public partial int Reach { get; }
            [Option("cap")] public partial float Cap { get; }

            private Score Half(Score distance) => Log(distance + 1) * 0.5f;

            private Score Seen(Score distance) => distance < Reach || Half(distance) > 1.25f;

            private Score Distant(Position at, Tensor table)
            {
                var shift = Reach / 2;
                var distance = at.Query - at.Key;
                return table[distance + shift, at.Head] * Half(distance) + distance * 0.01f;
            }

            public Tensor Forward(Tensor x, Tensor bias)
            {
                var h = RmsNorm(x, 1e-5f);
                var q = Reshape(Linear(h, Q), Heads, KeySize);
                var k = Reshape(Linear(h, K), KvHeads, KeySize);
                var v = Reshape(Linear(h, V), KvHeads, ValueSize);
                var a = Attend(q * 2f, k, v, {{how}});
                return x + Linear(Reshape(a, Heads * ValueSize), O);
            }
        }

        [Model("SeeingForCausalLM")]
        public partial class Seeing
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("num_heads")] public partial int Heads { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("bias", "33, Heads")] public partial Tensor Bias { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Layers { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                foreach (var layer in Layers)
                    x = layer.Forward(x, Bias);
                return Linear(x, Embedding);
            }
        }
        """;
}
