using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The specs of valid classes.</summary>
public sealed class ReadingTests
{
    [Fact]
    public void A_loop_over_a_stack_carries_the_block_by_its_name() => Verify.Forward(
        Sample.Whole,
        """
        x = Gather(table: this.Embedding, tokens: tokens)
        foreach block in Blocks
          x = block.Forward!(x)
        return Linear(x: RmsNorm(x: x, weight: this.Norm, epsilon: this.Epsilon), weight: this.Embedding)
        """);

    [Fact]
    public void A_constant_loop_is_unrolled_as_in_CSharp() => Verify.Forward(
        Sample.Model("""
                var x = Embedding[tokens];
                for (var i = 5; i == 5; i++)
                    x = x + i;
                for (var i = 3; i != 1; --i)
                    x = x * i;
                return Linear(x, Embedding);
        """),
        """
        x = Gather(table: this.Embedding, tokens: tokens)
        x = Add(left: x, right: 5)
        x = Multiply(left: x, right: 3)
        x = Multiply(left: x, right: 2)
        return Linear(x: x, weight: this.Embedding)
        """);

    [Fact]
    public void A_score_lambda_reads_positions_and_weights()
    {
        var layer = Assert.Single(Verify.Spec(Sample.Whole).Blocks);
        Assert.Contains(
            "a = Attend(q: h, k: h, v: h, score: (s, at) => "
                + "Subtract(left: s, right: Multiply(left: Gather(table: this.Slope, tokens: at.Head), right: Subtract(left: "
                + "at.Query, right: at.Key))))",
            SpecText.Of(Assert.Single(layer.Functions).Body));
    }

    [Fact]
    public void Operators_are_operations_and_omitted_arguments_are_left_out() => Verify.Forward(
        Sample.Model("""
                var x = Embedding[tokens];
                x = x * 2 + 0.5f - Hidden;
                x += -x / Epsilon;
                var h = Reshape(x, 1, Hidden);
                h = Attend(h, h, h, scale: 1);
                return Linear(Reshape(h, [Hidden]), Embedding, null);
        """),
        """
        x = Gather(table: this.Embedding, tokens: tokens)
        x = Subtract(left: Add(left: Multiply(left: x, right: 2f), right: 0.5f), right: this.Hidden)
        x = Add(left: x, right: Divide(left: Negate(x: x), right: this.Epsilon))
        h = Reshape(x: x, trailing: [1, this.Hidden])
        h = Attend(q: h, k: h, v: h, scale: 1f)
        return Linear(x: Reshape(x: h, trailing: [this.Hidden]), weight: this.Embedding)
        """);

    [Fact]
    public void Tuples_constants_helpers_and_named_arguments_are_read() => Verify.Forward(
        Sample.Model(
            """
                const float half = 0.5f;
                var (a, b) = Both(y: 3, x: Embedding[tokens]);
                (a, b) = (b, a);
                var (c, _) = (a, b);
                return Linear(Twice(c * half * Scale) * Pi, Embedding);
            """,
            """
                private const double Pi = 3.5;
                private const int Scale = 4;
                private (Tensor, Tensor) Both(Tensor x, int y, float z = 1.5f) => (x, Square(x) * y * z);
                private static Tensor Twice(Tensor x) => x + x;
            """),
        """
        a, b = this.Both!(Gather(table: this.Embedding, tokens: tokens), 3, 1.5f)
        a, b = [b, a]
        c, _ = [a, b]
        return Linear(x: Multiply(left: this.Twice!(Multiply(left: Multiply(left: c, right: 0.5f), right: 4f)), right: 3.5f), weight: this.Embedding)
        """);

    [Fact]
    public void Helpers_that_return_numbers_are_read_if_called()
    {
        var spec = Verify.Spec(Sample.Model(
            "return Linear(Embedding[tokens] * Half(4f), Embedding);",
            """
                private float Half(float x) => x / 2;
                private int NeverCalled() { while (true) { } }
            """));
        Assert.Equal(["Forward", "Half"], spec.Root.Functions.Select(static function => function.Name));
    }

    [Fact]
    public void Functions_of_Math_are_operations_on_numbers() => Verify.Forward(
        Sample.Model("return Linear(Embedding[tokens] * MathF.Sqrt(Hidden) * Math.Max(Epsilon, 1), Embedding);"),
        "return Linear(x: Multiply(left: Multiply(left: Gather(table: this.Embedding, tokens: tokens), right: Sqrt(x: this.Hidden)), right: "
            + "Maximum(left: this.Epsilon, right: 1f)), weight: this.Embedding)");

    [Fact]
    public void Float_division_of_dims_is_not_truncated() => Verify.Forward(
        Sample.Model("return Linear(Embedding[tokens] * ((float)Hidden / Heads) * (Hidden / Heads), Embedding);"),
        "return Linear(x: Multiply(left: Multiply(left: Gather(table: this.Embedding, tokens: tokens), right: Divide(left: Multiply(left: "
            + "this.Hidden, right: 1f), right: this.Heads)), right: Divide(left: this.Hidden, right: this.Heads)), weight: this.Embedding)");

    [Fact]
    public void Indices_lists_and_switches_are_load_time_conditions() => Verify.Forward(
        Sample.Model(
            """
                var x = Embedding[tokens];
                foreach (var (i, block) in Blocks.Index())
                    x = Kinds[i] switch { Kind.Odd => block.Forward(x), _ => x };
                for (var k = 0; k < 2; k++)
                    x = x * k;
                if (Order[0] is > 1 and not 3)
                    return x;
                var ((a, _), b) = ((x, 1), x);
                switch (Heads)
                {
                    default:
                        return Linear(a, Embedding);
                    case 1:
                        a = a + b;
                        break;
                }

                return Linear(a, Embedding);
            """,
            """
                [Option("kinds", Default = Kind.Even)] public partial Kind[] Kinds { get; }
                [Option("order")] public partial System.Collections.Generic.IReadOnlyList<int> Order { get; }
            """,
            "public enum Kind { Odd, Even }"),
        """
        x = Gather(table: this.Embedding, tokens: tokens)
        foreach i, block in Blocks
          x = ((this.Kinds[i] == "Odd") ? block.Forward!(x) : x)
        x = Multiply(left: x, right: 0)
        x = Multiply(left: x, right: 1)
        if ((this.Order[0] > 1) && !(this.Order[0] == 3))
          return x
        (a, _), b = [[x, 1], x]
        a, _ = (a, _)
        if (this.Heads == 1)
          a = Add(left: a, right: b)
        else
          return Linear(x: a, weight: this.Embedding)
        return Linear(x: a, weight: this.Embedding)
        """);

    [Fact]
    public void Lists_and_enums_keep_their_defaults_and_spellings()
    {
        var options = Verify.Spec(Sample.Model(
            "return Linear(Embedding[tokens], Embedding);",
            """
                [Option("kinds", Default = Kind.Even)] public partial Kind[] Kinds { get; }
                [Option("kind")] public partial Kind One { get; }
                [Option("factors", Default = 2)] public partial float[] Factors { get; }
            """,
            "public enum Kind { [ConfigName(\"odd\", \"uneven\")] Odd, Even }")).Root.Options;
        Assert.Equal(
            [("Epsilon", OptionKind.Float, false, "1E-05"), ("Kinds", OptionKind.Enum, true, "Even"), ("One", OptionKind.Enum, false, null),
                ("Factors", OptionKind.Float, true, "2")],
            options.Select(static option => (option.Name, option.Kind, option.IsList, option.Default)));
        Assert.Equal(
            ["Odd: odd, uneven", "Even: "],
            options[1].Choices.Select(static choice => $"{choice.Name}: {string.Join(", ", choice.Spellings)}"));
    }

    [Fact]
    public void Declarations_keep_paths_defaults_and_ties()
    {
        var root = Verify.Spec("""
            [Model("A", "B")]
            partial class Declared
            {
                [Dim("a.b|c")] public partial int Hidden { get; }
                [Dim(Default = "Hidden * 2")] private partial int Twice { get; }
                [Option("eps", Default = 1e-6f)] public partial float Epsilon { get; }
                [Option("bias", Default = true)] public partial bool HasBias { get; }
                [Option("window", Default = 0)] public partial int Window { get; }
                [Option("act", Default = "silu")] public partial string Activation { get; }
                [Option(Default = nameof(Hidden))] public partial Rotary Rotary { get; }
                [Weight("e", "Twice, Hidden")] public partial Tensor Embedding { get; }
                [Weight("h", "Twice, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie")] public partial Tensor Head { get; }
                [Weight("b", "Twice", When = nameof(HasBias))] public partial Tensor Bias { get; }
                public Tensor Forward(Tokens t) => Linear(Embedding[t], Head, Bias);
            }
            """);
        Assert.Equal(
            [("Hidden", "a.b|c", null), ("Twice", null, "Hidden * 2")],
            root.Root.Dims.Select(static dim => (dim.Name, dim.Path, dim.Default)));
        Assert.Equal(
            [("Epsilon", OptionKind.Float, "eps", "1E-06"), ("HasBias", OptionKind.Bool, "bias", "true"), ("Window", OptionKind.Int, "window", "0"),
                ("Activation", OptionKind.Text, "act", "silu"), ("Rotary", OptionKind.Rotary, "", "Hidden")],
            root.Root.Options.Select(static option => (option.Name, option.Kind, option.Path, option.Default!)));
        Assert.Equal(
            [("Embedding", null, null, null), ("Head", "Embedding", "tie", null), ("Bias", null, null, "HasBias")],
            root.Root.Weights.Select(static weight => (weight.Name, weight.TiedTo, weight.TiedWhen, weight.When)));
        Assert.Equal(("", "internal", "Declared"), (root.Namespace, root.Accessibility, root.Root.TypeName));
        Assert.Equal(["A", "B"], root.Architectures);
    }

    [Fact]
    public void Ids_are_the_class_then_declarations_then_functions_in_pre_order()
    {
        var root = Verify.Spec(Sample.Model("return Linear(Embedding[tokens], Embedding);")).Root;
        Assert.Equal([1, 2, 3, 4], root.Dims.Select(static dim => dim.Id));
        Assert.Equal([5], root.Options.Select(static option => option.Id));
        Assert.Equal([6, 7], root.Weights.Select(static weight => weight.Id));
        Assert.Equal([8], root.Children.Select(static child => child.Id));
        var forward = Assert.Single(root.Functions);
        var result = Assert.IsType<Return>(Assert.Single(forward.Body));
        var linear = Assert.IsType<OpCall>(result.Value);
        var gather = Assert.IsType<OpCall>(linear.Arguments[0].Value);
        Assert.Equal(
            [9, 10, 11, 12, 13, 14, 15],
            [forward.Id, result.Id, linear.Id, gather.Id, gather.Arguments[0].Value.Id, gather.Arguments[1].Value.Id, linear.Arguments[1].Value.Id]);
    }

    [Fact]
    public void A_class_in_two_files_reads_the_same_in_either_order()
    {
        (string, string) one =
            ("A.cs", "[Model(\"T\")] public partial class T { [Dim(\"v\")] public partial int V { get; } "
                + "public Tensor Forward(Tokens t) => Linear(E[t], E); }");
        (string, string) two =
            ("B.cs",
                "public partial class T { [Dim(\"h\")] public partial int H { get; } [Weight(\"e\", \"V, H\")] public partial Tensor E { get; } }");
        var specs = new[] { Generation.RunFiles(one, two), Generation.RunFiles(two, one) }
            .Select(static generation => Assert.Single(generation.Outputs<Linking.LinkedModel>(StepNames.Link)).Spec)
            .ToList();
        Assert.Equal(2, specs[0].Root.Dims.Count);
        Assert.Equal(specs[0], specs[1]);
    }
}
