using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>A model with several entry points and inputs, against the interpreter.</summary>
public sealed class EntryPointTests
{
    private static readonly int[] Long = [.. Enumerable.Range(0, 75).Select(static i => (i * 31) % 47)];

    private static readonly IReadOnlyList<int[]> Sequences = [Long, [7], [.. Long.Take(33), 3, 9], [5, 4, 3]];

    [Theory]
    [InlineData("Forward", 19, ResultRows.All)]
    [InlineData("Classify", 3, ResultRows.First)]
    [InlineData("Continue", 47, ResultRows.Last)]
    [InlineData("Similar", 47, ResultRows.All)]
    public void Each_entry_point_gives_the_interpreters_result(string entry, int width, ResultRows rows)
    {
        using var model = BuiltModel.Build([Source], Config);
        var point = Assert.Single(model.Model.EntryPoints, point => point.Name == entry);
        Assert.Equal((width, rows), (point.OutputWidth, point.Rows));

        Assert.InRange(model.LargestErrorOfEncoder(Sequences, entry), 1e-9, 1);
    }

    [Fact]
    public void Entry_points_list_their_inputs()
    {
        using var model = BuiltModel.Build([Source], Config);
        var (forward, similar) = (model.Model.EntryPoints[0], model.Model.EntryPoints.Single(static point => point.Name == "Similar"));
        Assert.Equal([new EntryInput("tokens", 0, 47), new EntryInput("types", 0, 2)], forward.Inputs);
        Assert.Equal([new EntryInput("tokens"), new EntryInput("states", 6)], similar.Inputs);
        // A table of 120 rows, of which the first two are reserved.
        Assert.Equal(118, forward.MaxPositions);
        Assert.False(forward.IsCausal);
        Assert.True(similar.IsCausal);
    }

    [Fact]
    public void Results_are_bit_identical_in_other_batches_and_on_other_threads()
    {
        using var model = BuiltModel.Build([Source], Config);
        var inputs =
            Sequences.Select(static tokens =>
                new EncoderInput(tokens)
                    { Ids = new Dictionary<string, ReadOnlyMemory<int>> { ["types"] = tokens.Select(static token => token & 1).ToArray() } })
                .ToList();
        using var together = new Encoder(model.Model, options: new EncoderOptions { Threads = 2 });
        using var alone = new Encoder(model.Model, options: new EncoderOptions { Threads = 1, MaxRowsPerStep = 1 });
        var expected = together.Run(inputs);
        Assert.Equal(expected.Select(static result => result.Values), alone.Run(inputs).Select(static result => result.Values));
        Assert.Equal(expected[^1].Values, alone.Run([inputs[^1]])[0].Values);
    }

    [Fact]
    public void Shared_weights_are_stored_once()
    {
        // Three entry points run the stack. Each layer has three products: query, key and value; the output; the table.
        Assert.Equal(3, Generation.Run([Source]).File("Program.g.cs").Split("new Cpu::PackedWeights[s.Depth]").Length - 1);
    }

    [Fact]
    public void Invalid_inputs_are_refused_with_the_reason()
    {
        using var model = BuiltModel.Build([Source], Config);
        Assert.Contains(
            "lets tokens see later ones",
            Assert.Throws<ArgumentException>(() => new EngineLoop(model.Model)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "it has Forward, Classify, Continue, Similar",
            Assert.Throws<ArgumentException>(() => new Encoder(model.Model, "Rate")).Message,
            StringComparison.Ordinal);

        using var encoder = new Encoder(model.Model);
        Refuses("needs one id of 'types' for each token of the sequence: 2, not 0", new EncoderInput(new[] { 1, 2 }));
        Refuses("Id 1 of 'types' of the sequence is 2, expected 0 to 1", Typed([1, 2], [0, 2]));
        Refuses("Id 0 of 'tokens' of the sequence is 47, expected 0 to 46", Typed([47], [0]));
        Refuses("has no tokens", Typed([], []));
        Refuses("has 119 tokens, and the model was made for 118", Typed(new int[119], new int[119]));

        static EncoderInput Typed(int[] tokens, int[] types) =>
            new(tokens) { Ids = new Dictionary<string, ReadOnlyMemory<int>> { ["types"] = types } };

        void Refuses(string why, EncoderInput input) => Assert.Contains(
            why,
            Assert.Throws<RequestRefusedException>(() => encoder.Run([input])).Message,
            StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, object> Config = new()
    {
        ["hidden_size"] = 19,
        ["num_layers"] = 2,
        ["vocab_size"] = 47,
        ["labels"] = 3,
        ["positions"] = 120,
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
            [Weight("types", "2, Hidden")] public partial Tensor Types { get; }

            public Tensor Forward(Tensor x, Tokens types)
            {
                var h = RmsNorm(x + Types[types], 1e-5f);
                var (q, k, v) = (Reshape(Linear(h, Q), 6, 5) * 2f, Reshape(Linear(h, K), 2, 5), Reshape(Linear(h, V), 2, 7));
                return x + Linear(Reshape(Attend(q, k, v, causal: false), 42), O);
            }
        }

        [Model("SeveralModel")]
        public partial class Several
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("labels")] public partial int Labels { get; }
            [Dim("positions")] public partial int PositionCount { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("positions", "PositionCount, Hidden")] public partial Tensor Place { get; }
            [Weight("types", "2, Hidden")] public partial Tensor Types { get; }
            [Weight("classes", "Labels, Hidden")] public partial Tensor Classes { get; }
            [Weight("mix", "Hidden, 6")] public partial Tensor Mix { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Layers { get; }

            public Tensor Forward(Tokens tokens, Tokens types)
            {
                var x = Embedding[tokens] + Place[Positions(tokens) + 2] + Types[types];
                foreach (var layer in Layers)
                    x = layer.Forward(x, types);
                return x;
            }

            [EntryPoint(Rows = ResultRows.First)]
            public Tensor Classify(Tokens tokens, Tokens types) => Linear(Tanh(Forward(tokens, types)), Classes);

            [EntryPoint(Rows = ResultRows.Last)]
            public Tensor Continue(Tokens tokens, Tokens types) => Linear(LayerNorm(Forward(tokens, types), 1e-5f), Embedding);

            [EntryPoint]
            public Tensor Similar(Tokens tokens, [Shape("3, 2")] Tensor states) => Linear(Tanh(Linear(Reshape(states * 2f, 6), Mix)), Embedding);
        }
        """;
}
