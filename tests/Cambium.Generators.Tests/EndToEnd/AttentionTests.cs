using Cambium.Runtime.Engine;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>What attention can be told, compiled with grouped heads and keys and values of different odd sizes, against the interpreter.</summary>
public sealed class AttentionTests
{
    private static readonly int[] Long = [.. Enumerable.Range(0, 71).Select(static i => (i * 29) % 53)];

    private static readonly IReadOnlyList<int[]> Sequences = [Long, [7], [.. Long.Take(40), 3, 9], [5, 4, 3]];

    [Theory]
    [InlineData("causal: false")]
    [InlineData("causal: false, window: 6")]
    [InlineData("window: 40, causal: false, scale: 0.3f")]
    [InlineData("causal: false, score: (s, at) => s - Slope[at.Head] * Abs(at.Query - at.Key)")]
    public void A_query_sees_its_whole_sequence_where_the_class_says_so(string how)
    {
        using var model = BuiltModel.Build([Source(how)], Config);

        Assert.InRange(model.LargestErrorOfEncoder(Sequences), 1e-9, 1);
    }

    [Theory]
    [InlineData("causal: true")]
    [InlineData("window: 6")]
    public void A_query_sees_nothing_behind_itself_where_the_class_does_not_say_so(string how)
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
        ["max_position_embeddings"] = 256,
    };

    /// <param name="how">Arguments of Attend behind q, k and v.</param>
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

            public Tensor Forward(Tensor x)
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
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Layers { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                foreach (var layer in Layers)
                    x = layer.Forward(x);
                return Linear(x, Embedding);
            }
        }
        """;
}
