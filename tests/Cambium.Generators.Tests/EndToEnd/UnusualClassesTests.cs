using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Classes of unusual form, against the interpreter in double precision.</summary>
public sealed class UnusualClassesTests
{
    private const string Members = """
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_heads")] public partial int Heads { get; }
            [Dim("head_dim")] public partial int HeadDim { get; }
            [Option("cap", Default = 5f)] public partial float Cap { get; }
            [Weight("q", "Heads * HeadDim, Hidden")] public partial Tensor Q { get; }
            [Weight("k", "Heads * HeadDim, Hidden")] public partial Tensor K { get; }
            [Weight("v", "Heads * HeadDim, Hidden")] public partial Tensor V { get; }
            [Weight("o", "Hidden, Heads * HeadDim")] public partial Tensor O { get; }
        """;

    private const string Residual =
        "return x + Linear(Reshape(Attend(Reshape(Linear(x, Q), Heads, HeadDim), Reshape(Linear(x, K), Heads, HeadDim), Reshape(Linear(x, V), Heads, "
            + "HeadDim)), Heads * HeadDim), O);";

    /// <summary>Ways to run the layers.</summary>
    public static TheoryData<string, string> Loops => new()
    {
        { "two stacks, each with caches of its own",
            "foreach (var block in Blocks) x = block.Forward(x); foreach (var block in More) x = block.Forward(x); return Linear(x, Embedding);" },
        { "one stack run through twice",
            "foreach (var block in Blocks) x = block.Forward(x); foreach (var block in Blocks) x = block.Forward(x); return Linear(x, Embedding);" },
        { "two carried values that change places",
            "var y = x * 0.5f; foreach (var block in Blocks) { var t = block.Forward(x); x = y; y = t; } return Linear(x - y, Embedding);" },
        { "a ring of three",
            "var y = x * 0.5f; var z = x + 1; foreach (var block in Blocks) { var t = x; x = y; y = block.Forward(z); "
                + "z = t; } return Linear(x - y * z, Embedding);" },
        { "a residual from two layers before",
            "var before = x; foreach (var block in Blocks) { var t = block.Forward(x) + before; before = x; x = t; } return Linear(x, Embedding);" },
    };

    /// <summary>Calls of Attend.</summary>
    public static TheoryData<string> Calls =>
    [
        "scale: 1f / MathF.Sqrt(2 * HeadDim)",
        "scale: 1 / (Cap + Sqrt(HeadDim))",
        "scale: 1f / HeadDim",
        "score: (s, at) => s * factor - factor * (at.Query - at.Key)",
    ];

    [Theory]
    [MemberData(nameof(Loops))]
    public void Loops_carry_assigned_locals(string description, string forward)
    {
        Assert.NotEmpty(description);
        Check(Model(Residual, forward));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Window_and_scale_can_be_computed(string argument) => Check(Model(
        "var factor = 0.3f * Cap; "
            + "return x + Linear(Reshape(Attend(Reshape(Linear(x, Q), Heads, HeadDim), Reshape(Linear(x, K), Heads, HeadDim), Reshape(Linear(x, V), "
            + $"Heads, HeadDim), {argument}), Heads * HeadDim), O);",
        "foreach (var block in Blocks) x = block.Forward(x); return Linear(x, Embedding);"));

    // The square root of each element is read twice in a pass and so has a local there; the square root of their sum comes after that pass.
    [Fact]
    public void Locals_inside_and_after_a_loop_are_distinct() => Check(Model(
        "var y = Rsqrt(Square(x) + 1); return x + y * y * Rsqrt(Sum(y * y));",
        "foreach (var block in Blocks) x = block.Forward(x); return Linear(x, Embedding);"));

    // As many heads as elements per head: the number of elements alone does not distinguish a row from a column.
    [Fact]
    public void Rows_and_columns_of_a_square_matrix_are_distinct() => Check(Model(
        "return x;",
        "var h = Reshape(Linear(x, Wide), N, N); var g = Linear(x, Gate); "
            + "return Linear(Reshape(h * Column + Row * h + h * Reshape(g, N, 1) - h * Reshape(g, 1, N), N * N), Mix);",
        """
            [Dim("head_dim")] public partial int N { get; }
            [Weight("wide", "N * N, Hidden")] public partial Tensor Wide { get; }
            [Weight("gate", "N, Hidden")] public partial Tensor Gate { get; }
            [Weight("column", "N, 1")] public partial Tensor Column { get; }
            [Weight("row", "N")] public partial Tensor Row { get; }
            [Weight("mix", "Vocab, N * N")] public partial Tensor Mix { get; }
        """));

    /// <summary>Names of weights that generated code can contain, too: keywords, locals, parameters, members.</summary>
    public static TheoryData<string, string> Names => new()
    {
        { "Hidden",
            "@class layer step s w row group product i offset width segment remaining partStride @float value Read ReadFrom Dispose Vectors Stride "
                + "layerStride OWeights OEpilogue Cpu Math Row sum mean scale" },
        { "Hidden, Hidden", "@class layer step s w row group product i @params Read Dispose OWeights O_ Cpu Step" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Members_can_have_the_names_of_generated_locals(string shape, string names)
    {
        var members = names.Split(' ');
        var uses = members.Select(name => shape == "Hidden" ? $"x = x + {name} * 0.1f;" : $"x = x + Linear(x, {name}) * 0.1f;");
        Check(
            Model(Residual, "foreach (var block in Blocks) x = block.Forward(x); return Linear(x, Embedding);")
                .Replace("public Tensor Forward(Tensor x)\n",
                    string.Join("\n", members.Select((name, i) => $"    [Weight(\"p{i}\", \"{shape}\")] public partial Tensor {name} {{ get; }}"))
                        + "\npublic Tensor Forward(Tensor x)\n", StringComparison.Ordinal)
                .Replace(Residual, "x = x / (Abs(Mean(x)) + Sum(Square(x)) + 1);" + string.Join(" ", uses) + Residual, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("namespace Acme.System;", "Tiny")]
    [InlineData("namespace @class.@event;", "Tiny")]
    [InlineData("", "Tiny")]
    [InlineData("namespace Sample;", "@class")]
    [InlineData("namespace Sample;", "Math")]
    public void A_class_can_have_any_name(string space, string name) => Verify.Clean(
        Model(Residual, "foreach (var block in Blocks) x = block.Forward(x); return Linear(x, Embedding);")
            .Replace("namespace Sample;", space, StringComparison.Ordinal).Replace("class Tiny", "class " + name, StringComparison.Ordinal));

    private static void Check(string source)
    {
        using var model = BuiltModel.Build([source], new()
        {
            ["architectures"] = new[] { "TinyForCausalLM" },
            ["hidden_size"] = 19,
            ["num_layers"] = 3,
            ["more_layers"] = 2,
            ["vocab_size"] = 53,
            ["num_heads"] = 3,
            ["head_dim"] = 5,
            ["max_position_embeddings"] = 256,
        }, scale: 0.3);
        int[] shared = [.. Enumerable.Range(0, 37).Select(static i => (i * 29) % 53)];
        IReadOnlyList<int[]> sequences = [[.. shared, 1, 2, 3], [7], [.. shared, 1, 9], [5, 4]];
        var options = new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 2048, MaxRowsPerStep = 13, MaxSequences = 8 };

        // An error of zero would mean that nothing was compared: single precision is not exact.
        Assert.InRange(model.LargestError(options, sequences), 1e-9, 1);
    }

    private static string Model(string layer, string forward, string members = "") => $$"""
        namespace Sample;

        [Block]
        public partial class Layer
        {
        {{Members}}
            public Tensor Forward(Tensor x)
            {
                {{layer}}
            }
        }

        [Model("TinyForCausalLM")]
        public partial class Tiny
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_layers")] public partial int Depth { get; }
            [Dim("more_layers")] public partial int MoreDepth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Blocks { get; }
            [Blocks("more.{i}", Count = nameof(MoreDepth))] public partial BlockStack<Layer> More { get; }
        {{members}}
            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                {{forward}}
            }
        }
        """;
}
