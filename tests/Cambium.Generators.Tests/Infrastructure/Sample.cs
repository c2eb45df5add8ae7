namespace Cambium.Generators.Tests;

/// <summary>Builds sources that differ from a valid model in one place.</summary>
internal static class Sample
{
    public const string Layer = """
        [Block]
        public partial class Layer
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_heads")] public partial int Heads { get; }
            [Weight("norm.weight", "Hidden")] public partial Tensor Norm { get; }
            [Dim("head_dim", Default = "Hidden / Heads")] public partial int HeadDim { get; }
            [Weight("q.weight", "Heads * HeadDim, Hidden")] public partial Tensor Q { get; }
            [Weight("o.weight", "Hidden, Heads * HeadDim")] public partial Tensor O { get; }
            [Weight("slope", "Heads")] public partial Tensor Slope { get; }

            public Tensor Forward(Tensor x)
            {
                var h = Reshape(Linear(RmsNorm(x, Norm, 1e-5f), Q), Heads, HeadDim);
                var a = Attend(h, h, h, score: (s, at) => s - Slope[at.Head] * (at.Query - at.Key));
                return x + Linear(Reshape(a, Heads * HeadDim), O);
            }
        }
        """;

    /// <summary>A valid model with a stack of <see cref="Layer"/>.</summary>
    public static readonly string Whole = Model("""
                var x = Embedding[tokens];
                foreach (var block in Blocks)
                    x = block.Forward(x);
                return Linear(RmsNorm(x, Norm, Epsilon), Embedding);
        """);

    /// <param name="body">Statements of Forward.</param>
    /// <param name="members">More members of the model's class.</param>
    /// <param name="types">More types.</param>
    public static string Model(string body, string members = "", string types = "") => $$"""
        namespace Sample;

        [Model("TinyForCausalLM")]
        public partial class Tiny
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("num_heads")] public partial int Heads { get; }
            [Dim("num_layers")] public partial int Layers { get; }
            [Option("eps", Default = 1e-5f)] public partial float Epsilon { get; }
            [Weight("embed", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("norm", "Hidden")] public partial Tensor Norm { get; }
            [Blocks("layers.{i}", Count = nameof(Layers))] public partial BlockStack<Layer> Blocks { get; }
        {{members}}
            public Tensor Forward(Tokens tokens)
            {
        {{body}}
            }
        }

        {{Layer}}

        {{types}}
        """;
}
