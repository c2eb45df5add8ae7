using Cambium.Compiler;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Tests.Graph;
using Cambium.Tests.Specs;

namespace Cambium.Tests.Interpretation;

public class InterpreterTests
{
    private static readonly Dictionary<string, long> TinyDims = new()
    {
        ["Hidden"] = 12, ["Layers"] = 3, ["Vocab"] = 11, ["Heads"] = 4, ["KvHeads"] = 2, ["HeadDim"] = 6, ["Inner"] = 10,
    };

    private static InterpreterInput Tiny(params int[][] sequences) => new()
    {
        Dims = TinyDims,
        Options = new Dictionary<string, double> { ["AttentionBias"] = 1 },
        Rotary = new Dictionary<string, RotaryAngles> { ["Rope"] = RotaryAngles.Create(6, 16) },
        Weights = WeightSources.Random(7),
        Sequences = sequences,
    };

    [Fact]
    public void The_interpreter_has_every_op_of_the_catalog() =>
        Assert.Equal(
            OpCatalog.All.Where(static op => op.Kind != OpKind.Host).Select(static op => op.Name).Order(StringComparer.Ordinal),
            Operations.Names.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("erf", 0.5, 0.5204998778130465)]
    [InlineData("erf", -2, -0.9953222650189527)]
    [InlineData("gelu", 1, 0.8413447460685429)]
    [InlineData("gelu", -3, -0.004049694094890284)]
    [InlineData("gelu_tanh", 1, 0.8411919906082768)]
    [InlineData("softplus", 1, 1.3132616875182228)]
    [InlineData("softplus", 800, 800)]
    [InlineData("mish", 1, 0.8650983882673103)]
    [InlineData("silu", 1, 0.7310585786300049)]
    [InlineData("rsqrt", 4, 0.5)]
    public void Functions_have_their_known_values(string name, double x, double expected) =>
        Assert.Equal(expected, name == "erf" ? ElementFunctions.Erf(x) : ElementFunctions.Unary[name](x), 13);

    [Fact]
    public void Linear_reduction_and_broadcast_give_values_computed_by_hand()
    {
        var output = RunText(
            """
            func main(%0: i32[T]) -> %6 {
              %1: f32[3, 2] = weight {name=@Table}
              %2: f32[T, 2] = gather(%1, %0)
              %3: f32[T, 1] = sum(%2)
              %4: f32[T, 2] = mul(%2, %3)
              %5: f32[T, 3] = linear(%4, %1)
              %6: f32[S, 3] = select(%5)
            }
            """,
            new() { ["Table"] = [1, 2, 3, 4, 5, 6] },
            [2, 0],
            [1]);

        // Token 0 is the row (1, 2): times its sum 3, times each row of the table.
        Assert.Equal(new double[,] { { 15, 33, 51 } }, output);
    }

    [Fact]
    public void Rotation_pairs_halves_or_neighbours()
    {
        double[] row = [1, 2, 3, 4];
        var angles = new RotaryAngles(new double[,] { { 0.5, 0.25 } }, new double[,] { { 2, 3 } });
        Assert.Equal([(1 * 0.5) - (3 * 2), (2 * 0.25) - (4 * 3), (3 * 0.5) + (1 * 2), (4 * 0.25) + (2 * 3)], Rotated(""));
        Assert.Equal([(1 * 0.5) - (2 * 2), (2 * 0.5) + (1 * 2), (3 * 0.25) - (4 * 3), (4 * 0.25) + (3 * 3)], Rotated(", interleaved=true"));

        IEnumerable<double> Rotated(string attribute) => RunText(
            $$"""
            option rotary Rope = "" default 4
            func main(%0: i32[T]) -> %4 {
              %1: f32[3, 2] = weight {name=@Table}
              %2: f32[T, 2] = gather(%1, %0)
              %3: f32[T, 1, 2] = reshape(%2) {trailing=[1, 2]}
              %4: f32[T, 1, 2] = rotate(%3) {rotary=@Rope{{attribute}}}
            }
            """.Replace("[3, 2]", "[1, 4]", StringComparison.Ordinal).Replace(" 2]", " 4]", StringComparison.Ordinal),
            new() { ["Table"] = row },
            [0],
            null,
            angles).Cast<double>();
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("window=2", 1)]
    [InlineData("score => (sub score (mul #3[head] (sub query key)))", 2)]
    public void Attention_is_a_softmax_over_visible_keys(string attributes, int variant)
    {
        // One head of size 1: the score of a query and a key is their product.
        double[] x = [0.5, -1, 2];
        var output = RunText(
            $$"""
            func main(%0: i32[T]) -> %4 {
              %1: f32[3, 1] = weight {name=@Table}
              %2: f32[T, 1] = gather(%1, %0)
              %3: f32[T, 1, 1] = reshape(%2) {trailing=[1, 1]}
              %5: f32[1] = weight {name=@Slopes}
              %4: f32[T, 1, 1] = attend(%3, %3, %3{{(variant == 2 ? ", %5" : "")}}) {{{attributes}}}
            }
            """.Replace(" {}", "", StringComparison.Ordinal),
            new() { ["Table"] = x, ["Slopes"] = [0.75] },
            [0, 1, 2],
            [2]);
        var keys = Enumerable.Range(variant == 1 ? 1 : 0, variant == 1 ? 2 : 3);
        double[] shares = [.. keys.Select(key => Math.Exp((x[2] * x[key]) - (variant == 2 ? 0.75 * (2 - key) : 0)))];
        double expected = shares.Select((share, i) => share * x[i + (variant == 1 ? 1 : 0)]).Sum() / shares.Sum();
        Assert.Equal(expected, output[0, 0], 14);
    }

    [Fact]
    public void A_sequence_gives_the_same_result_alone_and_in_a_ragged_batch()
    {
        var module = ModelLowering.Lower(TinyLlama.Spec).Module!;
        var alone = Interpreter.Run(module, Tiny([3, 1, 4]));
        var batch = Interpreter.Run(module, Tiny([9, 2, 6, 5], [3, 1, 4], [10]) with { OutputRows = [4, 5, 6] });
        Assert.Equal(alone.Output, batch.Output);
        Assert.Equal(4, Assert.Single(alone.Loops).States.Count);
        Assert.Equal(new[] { 3, 12 }, new[] { alone.Loops[0].Hidden(0).GetLength(0), alone.Loops[0].Hidden(3).GetLength(1) });
    }

    [Fact]
    public void A_token_changes_only_its_own_row_and_later_rows()
    {
        var module = ModelLowering.Lower(TinyLlama.Spec).Module!;
        double[,] Rows(params int[] tokens) => Interpreter.Run(module, Tiny(tokens) with { OutputRows = [1] }).Output;
        Assert.Equal(Rows(3, 1, 4), Rows(3, 1, 9));
        Assert.NotEqual(Rows(3, 1, 4), Rows(2, 1, 4));
    }

    [Fact]
    public void Absent_weights_are_zero_and_tied_weights_are_shared()
    {
        var module = ModelLowering.Lower(TinyLlama.Spec).Module!;
        var input = Tiny([3, 1, 4]);
        WeightSource random = input.Weights;
        var with = Interpreter.Run(module, input).Output;
        var without = Interpreter.Run(module, input with { Options = new Dictionary<string, double> { ["AttentionBias"] = 0 } }).Output;
        WeightSource withZeros = (weight, layer, count) => weight.Name == "QueryBias" ? new double[count] : random(weight, layer, count);
        var zeros = Interpreter.Run(module, input with { Weights = withZeros }).Output;
        Assert.NotEqual(with, without);
        Assert.Equal(zeros, without);

        var tied = Interpreter.Run(module, input with { Ties = static path => path == "tie_word_embeddings" }).Output;
        WeightSource withCopy = (weight, layer, count) => random(weight.Name == "Head" ? module.Weight("Embedding") : weight, layer, count);
        var copied = Interpreter.Run(module, input with { Weights = withCopy }).Output;
        Assert.NotEqual(with, tied);
        Assert.Equal(copied, tied);
    }

    [Fact]
    public void A_pass_does_not_change_the_results_of_a_model()
    {
        var module = ModelLowering.Lower(TinyLlama.Spec).Module!;
        var input = Tiny([9, 2, 6, 5], [3, 1, 4]) with { OutputRows = [3, 5, 6] };
        var expected = Interpreter.Run(module, input).Output.Cast<double>().ToArray();
        int passes = 0;
        PassPipeline.Run(module, (pass, after) =>
        {
            passes++;
            var actual = Interpreter.Run(after, input).Output.Cast<double>().ToArray();
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), pair => Assert.True(
                Math.Abs(pair.First - pair.Second) <= 1e-12 * (1 + Math.Abs(pair.First)),
                $"{pass.Name}: {pair.First} became {pair.Second}"));
        });
        Assert.True(passes > 0 && expected.Any(static value => Math.Abs(value) > 0.01));
    }

    public static TheoryData<string> RowOps =>
        [.. OpCatalog.All.Where(static op => op.Kind != OpKind.Host && op.Name != "scalar").Select(static op => op.Name)];

    [Theory]
    [MemberData(nameof(RowOps))]
    public void The_passes_do_not_change_the_results_of_an_op(string op)
    {
        var module = GraphTextTests.ModuleOf(op);
        var input = new InterpreterInput
        {
            Dims = new Dictionary<string, long> { ["Half"] = 4 },
            Rotary = new Dictionary<string, RotaryAngles> { ["Rope"] = RotaryAngles.Create(4, 3) },

            // Positive, because of the logarithm and the root.
            Weights = static (weight, layer, count) => Array.ConvertAll(WeightSources.Random(3)(weight, layer, count), static value => value + 1),
            Sequences = [[4, 0, 2], [1]],
        };
        var expected = Interpreter.Run(module, input).Output.Cast<double>().ToArray();
        var actual = Interpreter.Run(PassPipeline.Run(module, static (_, after) => Verifier.Verify(after)), input).Output.Cast<double>().ToArray();
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), static pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.True(expected.All(double.IsFinite));
        Assert.True(
            op is "sub" or "is_less" or "is_greater" || expected.Any(static value => value != 0),
            "only x - x and x < x may be zero everywhere");
    }

    private static double[,] RunText(string functions, Dictionary<string, double[]> weights, int[] tokens, int[]? outputRows,
        RotaryAngles? angles = null)
    {
        string shape = weights["Table"].Length switch { 6 => "[3, 2]", 4 => "[1, 4]", _ => "[3, 1]" };
        var module = GraphParser.Parse($"module M\nweight Table \"table\" {shape}\nweight Slopes \"slopes\" [1]\n{functions}");
        Verifier.Verify(module);
        return Interpreter.Run(module, new()
        {
            Dims = new Dictionary<string, long>(),
            Rotary = angles is null ? new Dictionary<string, RotaryAngles>() : new Dictionary<string, RotaryAngles> { ["Rope"] = angles },
            Weights = (weight, _, _) => weights[weight.Name],
            Sequences = [tokens],
            OutputRows = outputRows,
        }).Output;
    }
}
