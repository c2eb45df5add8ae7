using Cambium.Runtime;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Entry points that return a tuple, against the interpreter.</summary>
public sealed class SeveralResultsTests
{
    private static readonly int[] Long = [.. Enumerable.Range(0, 75).Select(static i => (i * 31) % 47)];

    private static readonly IReadOnlyList<int[]> Sequences = [Long, [7], [.. Long.Take(33), 3, 9], [5, 4, 3]];

    [Theory]
    [InlineData("Forward", "logits 47, hidden 19")]
    [InlineData("Rate", "logits 47, classes 3, embedded 19")]
    [InlineData("Twice", "left 19, right 19")]
    [InlineData("Choose", "chosen 19, hidden 19")]
    public void Each_result_equals_the_interpreters(string entry, string results)
    {
        using var model = BuiltModel.Build([Source], Config);
        var point = Assert.Single(model.Model.EntryPoints, point => point.Name == entry);
        Assert.Equal(results, string.Join(", ", point.Results.Select(static result => $"{result.Name} {result.Width}")));
        Assert.Equal(point.Results[0].Width, point.OutputWidth);

        Assert.InRange(model.LargestErrorOfEncoder(Sequences, entry), 1e-9, 1);
    }

    [Fact]
    public void An_engine_samples_from_the_logits()
    {
        using var model = BuiltModel.Build([Source], Config);
        var options = new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 64, MaxSequences = 4 };
        Assert.InRange(model.LargestError(options, Sequences), 1e-9, 1);
    }

    [Fact]
    public void A_result_that_does_not_exist_is_refused_with_the_names()
    {
        using var model = BuiltModel.Build([Source], Config);
        using var encoder = new Encoder(model.Model);
        var sequence = encoder.Run(new[] { 1, 2, 3 });
        Assert.Equal(sequence.Values, sequence["logits"].Values);
        Assert.Contains("no result 'state'; it has logits, hidden", Assert.Throws<ArgumentException>(() => sequence["state"]).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(Tensor, Tensor) Bad(Tokens tokens) => Forward(tokens);",
        "returns (Tensor, Tensor), but each of several results needs a name, as in (Tensor Logits, Tensor Hidden)")]
    [InlineData("(Tensor Logits, int Count) Bad(Tokens tokens) => (Embedding[tokens], 2);",
        "its result 'Count' is int, but every result must be a Tensor")]
    [InlineData("(Tensor State, Tensor state) Bad(Tokens tokens) => Forward(tokens);",
        "its results 'State' and 'state' are both named 'state' for the caller")]
    [InlineData("(Tensor Logits, Tensor Table) Bad(Tokens tokens) => (Embedding[tokens], Embedding);",
        "'Table' of 'Bad' must be rows [T, n] but is f32[Vocab, Hidden]")]
    [InlineData("(Tensor Logits, Tensor Heads) Bad(Tokens tokens) => (Embedding[tokens], Reshape(Embedding[tokens], Hidden, 1));",
        "'Heads' of 'Bad' must be rows [T, n] but is f32[T, Hidden, 1]")]
    public void An_invalid_result_is_reported_by_name(string method, string message)
    {
        var source = Source.Replace("// more", "[EntryPoint] public " + method, StringComparison.Ordinal);
        var diagnostic = Assert.Single(Generation.Run([source]).Diagnostics);
        Assert.Contains(message, diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, object> Config = new()
    {
        ["hidden_size"] = 19,
        ["num_layers"] = 2,
        ["vocab_size"] = 47,
        ["labels"] = 3,
        ["wide"] = true,
    };

    private const string Source = """
        namespace Sample;

        [Block]
        public partial class Layer
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Weight("q", "6 * 5, Hidden")] public partial Tensor Q { get; }
            [Weight("k", "2 * 5, Hidden")] public partial Tensor K { get; }
            [Weight("v", "2 * 7, Hidden")] public partial Tensor V { get; }
            [Weight("o", "Hidden, 6 * 7")] public partial Tensor O { get; }

            public Tensor Forward(Tensor x)
            {
                var h = RmsNorm(x, 1e-5f);
                return x + Linear(Reshape(Attend(Reshape(Linear(h, Q), 6, 5), Reshape(Linear(h, K), 2, 5), Reshape(Linear(h, V), 2, 7)), 42), O);
            }
        }

        [Model("PairModel")]
        public partial class Pair
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("labels")] public partial int Labels { get; }
            [Option("wide")] public partial bool IsWide { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("classes", "Labels, Hidden")] public partial Tensor Table { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Layers { get; }

            public (Tensor Hidden, Tensor Logits) Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                foreach (var layer in Layers)
                    x = layer.Forward(x);
                var hidden = RmsNorm(x, 1e-5f);
                return (hidden, Linear(hidden, Embedding));
            }

            [EntryPoint(Rows = ResultRows.Last)]
            public (Tensor Logits, Tensor Classes, Tensor Embedded) Rate(Tokens tokens)
            {
                var (hidden, logits) = Forward(tokens);
                return (logits, Tanh(Linear(hidden, Table)), Embedding[tokens]);
            }

            [EntryPoint]
            public (Tensor Left, Tensor Right) Twice(Tokens tokens)
            {
                var x = RmsNorm(Embedding[tokens], 1e-5f);
                return (x, x);
            }

            [EntryPoint(Rows = ResultRows.First)]
            public (Tensor Chosen, Tensor Hidden) Choose(Tokens tokens)
            {
                var hidden = Forward(tokens).Hidden;
                return (IsWide ? hidden * 3f : Tanh(hidden), hidden);
            }

            // more
        }
        """;
}
