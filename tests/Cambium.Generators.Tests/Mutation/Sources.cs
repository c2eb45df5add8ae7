using System.Globalization;
using Cambium.Generators.Tests.EndToEnd;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>Valid classes to be mutated: the zoo, random classes, and one with the remaining constructs.</summary>
internal static class Sources
{
    private const string RandomPrefix = "random ";

    private static readonly IReadOnlyList<string> Zoo = ["Gpt2", "Llama", "Qwen2", "Qwen3", "T5Encoder"];

    /// <summary>Choices, tuples, methods, loops with an index, unrolled loops, lists, further entry points, lambdas of attention.</summary>
    private const string Wide = """
        namespace Sample;

        [Model("WideForCausalLM")]
        public partial class Wide
        {
            private const int Rounds = 2;

            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("layers")] public partial int Layers { get; }
            [Option("scaled", Default = false)] public partial bool Scaled { get; }
            [Option("kind", Default = "plain")] public partial string Kind { get; }
            [Option("factors", Default = 1f)] public partial float[] Factors { get; }
            [Option("shift", Default = 2)] public partial int Shifted { get; }
            [Weight("embed", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("places", "64, Hidden")] public partial Tensor Places { get; }
            [Weight("head", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie")] public partial Tensor Head { get; }
            [Weight("gain", "Hidden", When = nameof(Scaled))] public partial Tensor Gain { get; }
            [Block("last")] public partial Gate Last { get; }
            [Blocks("layers.{i}", Count = nameof(Layers))] public partial BlockStack<Attention> Blocks { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embed(tokens);
                foreach (var (index, block) in Blocks.Index())
                    x = x + block.Forward(x) * Factors[index];
                if (Scaled)
                    x = RmsNorm(x, Gain, 1e-5f);
                else
                    x = x / Sqrt(Hidden);
                for (var i = 0; i < 2; i++)
                    x = x + Last.Forward(x, i + 1);
                if (Kind == "plain")
                    return Linear(x, Head);
                return Linear(Tanh(x), Head, null);
            }

            [EntryPoint(Rows = ResultRows.Last)]
            public Tensor Pool(Tokens tokens, [Shape("Hidden")] Tensor states) =>
                Reshape(Mean(Reshape(Embed(tokens) * states, Rounds, Hidden / Rounds), axis: -2), Hidden / Rounds);

            private Tensor Embed(Tokens tokens) => Embedding[tokens] + Places[Positions(tokens) + Shifted] * Cast(tokens);
        }

        [Block]
        public partial class Gate
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("inner")] public partial int Inner { get; }
            [Weight("up", "2 * Inner, Hidden")] public partial Tensor Up { get; }
            [Weight("down", "Hidden, Inner")] public partial Tensor Down { get; }

            public Tensor Forward(Tensor x, float factor)
            {
                var (gate, up) = Halves(Linear(x, Up));
                return Linear(Clamp(Silu(gate) * up, -1f, 1f) * factor, Down);
            }

            private (Tensor, Tensor) Halves(Tensor x) => Split(x, Inner, Inner);
        }

        [Block]
        public partial class Attention
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("heads")] public partial int Heads { get; }
            [Dim("kv_heads")] public partial int KvHeads { get; }
            [Dim(Default = "Hidden / Heads")] public partial int HeadDim { get; }
            [Option(Default = nameof(HeadDim))] public partial Rotary Rope { get; }
            [StackIndex] public partial int Index { get; }
            [Weight("qkv", "(Heads + 2 * KvHeads) * HeadDim, Hidden")] public partial Tensor Qkv { get; }
            [Weight("mix", "HeadDim, HeadDim")] public partial Tensor Mix { get; }
            [Weight("sinks", "Heads")] public partial Tensor Sinks { get; }
            [Weight("bias", "32, Heads")] public partial Tensor Bias { get; }
            [Weight("out", "Hidden, Heads * HeadDim")] public partial Tensor Out { get; }

            public Tensor Forward(Tensor x)
            {
                var (left, keys, values) = Split(Linear(x, Qkv), Heads * HeadDim, KvHeads * HeadDim, KvHeads * HeadDim);
                Tensor q = Reshape(left, Heads, HeadDim), k = Reshape(keys, KvHeads, HeadDim);
                var v = MatMul(Reshape(values, KvHeads, HeadDim), Mix);
                (q, k) = Index % 2 == 0 ? (Rotate(q, Rope), Rotate(k, Rope)) : (q, k);
                var attended = Attend(q, k, v, scale: 1 / Sqrt(HeadDim),
                    score: (s, at) => s + Bias[Distance(at.Query - at.Key), at.Head],
                    visible: at => at.Key > at.Query - 64 || at.Key == 0, sinks: Sinks);
                var gate = Softmax(Transpose(attended), axis: -1);
                attended = attended * Transpose(gate) - MaximumOf(attended);
                return Linear(Reshape(Concat(Slice(attended, 0, 1), Slice(attended, 1, HeadDim - 1)), Heads * HeadDim), Out);
            }

            private Score Distance(Score d) => Where(Less(d, 16), d, Minimum(16 + Floor(Log(d / 16)), 31));
        }
        """;

    /// <summary>All except the random ones, and this number of these.</summary>
    public static IEnumerable<string> Names(int random, int seed = 1) =>
        [.. Zoo, nameof(Wide), .. Enumerable.Range(seed, random).Select(static seed => RandomPrefix + seed.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The files of a source.</summary>
    public static IReadOnlyList<string> Get(string name) =>
        name == nameof(Wide) ? [Wide]
        : name.StartsWith(RandomPrefix, StringComparison.Ordinal)
            ? [new RandomClass(int.Parse(name[RandomPrefix.Length..], CultureInfo.InvariantCulture)).Source]
        : OfZoo(name);

    /// <summary>The files of a class of Cambium.Models, with those that it shares with others.</summary>
    public static IReadOnlyList<string> OfZoo(string name) =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Cambium.Models"), "*.cs")
            .Where(path => IsUsed(name, Path.GetFileName(path))).Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    private static bool IsUsed(string name, string file) =>
        file.StartsWith(name, StringComparison.Ordinal) || file is "Activation.cs" or "LayerType.cs"
        || (name is "Llama" or "Qwen2" or "Qwen3" && file is "CausalDecoder.cs" or "RmsNormDecoder.cs" or "LlamaMlp.cs" or "LlamaLayer.cs");
}
