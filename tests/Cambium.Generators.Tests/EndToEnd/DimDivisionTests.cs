using Cambium.Checkpoints;
using Cambium.Runtime;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Divisions of dims in a class mean what they mean in C#: the interpreter and the weights' shapes show the values.</summary>
public sealed class DimDivisionTests
{
    [Theory]
    [InlineData("10 * (N / 2)", 5)]
    [InlineData("N / 2 + N / 2", 5)]
    [InlineData("N / 2 * 2", 7)]
    public void A_shape_with_a_truncated_quotient_loads(string size, int n) => Check(size, "Linear(Linear(x, Up), Down)", n);

    [Fact]
    public void A_default_rounds_up_as_in_CSharp()
    {
        // (8 * 24 / 3 + 15) / 16 * 16 is 64.
        using var model =
            BuiltModel.Build(
                [Source("M", "Linear(Linear(x, Up), Down)", """[Dim("m", Default = "(8 * N / 3 + 15) / 16 * 16")] public partial int M { get; }""")],
                Config(24));
        Assert.InRange(Error(model), 1e-9, 1);
    }

    [Fact]
    public void A_number_of_truncated_quotients_is_that_of_CSharp() =>
        Check("Hidden", "Linear(Linear(x, Up), Down) * (10 * (N / 2)) + (N / 2 + N / 2)", 5);

    [Fact]
    public void Shapes_that_depend_on_a_quotient_refuse_a_remainder()
    {
        const string Halves = "Reshape(Reshape(x, N, Hidden / N), Hidden)";
        Check("Hidden", Halves, 5);
        Assert.Contains("Hidden / N is 20 / 3, which leaves a remainder", Refused("Hidden", Halves, 3), StringComparison.Ordinal);
    }

    [Fact]
    public void A_quotient_that_becomes_0_is_refused_as_a_divisor() =>
        Assert.Contains("divides by 0, expected another divisor: Hidden ('hidden_size') is 20, N ('n') is 3",
            Refused("Hidden", "x * (Hidden / (N / 4))", 3), StringComparison.Ordinal);

    [Fact]
    public void A_difference_that_is_not_positive_is_refused() =>
        Assert.Contains("expected 1 to 1073741824", Refused("Hidden - N", "Linear(Linear(x, Up), Down)", 20), StringComparison.Ordinal);

    [Fact]
    public void A_product_that_wraps_around_is_refused() =>
        Assert.Contains("is 4294967296, expected at most 1073741824: N ('n') is 65536", Refused("N * N", "Linear(Linear(x, Up), Down)", 65536),
            StringComparison.Ordinal);

    private static void Check(string size, string forward, int n)
    {
        using var model = BuiltModel.Build([Source(size, forward)], Config(n));
        Assert.InRange(Error(model), 1e-9, 1);
    }

    private static double Error(BuiltModel model)
    {
        IReadOnlyList<int[]> sequences = [[.. Enumerable.Range(0, 21).Select(static i => (i * 29) % 53)], [7]];
        return model.LargestError(new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 256, MaxRowsPerStep = 13, MaxSequences = 4 },
            sequences);
    }

    private static string Refused(string size, string forward, int n)
    {
        var thrown = Assert.ThrowsAny<Exception>(() => BuiltModel.Build([Source(size, forward)], Config(n)).Dispose());
        return Assert.IsType<CheckpointException>(
            thrown is System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : thrown).Message;
    }

    private static Dictionary<string, object> Config(int n) => new()
    {
        ["architectures"] = new[] { "DividedForCausalLM" },
        ["hidden_size"] = 20,
        ["vocab_size"] = 53,
        ["n"] = n,
        ["max_position_embeddings"] = 64,
    };

    private static string Source(string size, string forward, string more = "") => $$"""
        namespace Sample;

        [Model("DividedForCausalLM")]
        public sealed partial class Divided
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("n")] public partial int N { get; }
            {{more}}
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("up", "{{size}}, Hidden")] public partial Tensor Up { get; }
            [Weight("down", "Hidden, {{size}}")] public partial Tensor Down { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                return Linear({{forward}}, Embedding);
            }
        }
        """;
}
