using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>Messages say why not and what to write, in the author's words.</summary>
public sealed class AuthorMessageTests
{
    private const string Start = "var x = Embedding[tokens]; ";
    private const string End = " return Linear(x, Embedding);";

    private const string Part = """
        [Block]
        public partial class Part
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [StackIndex] public partial int Layer { get; }
            public Tensor Forward(Tensor x, Tensor wide) => BODY;
        }
        """;

    private static string Stack(string body) => Sample.Model(
        Start + "foreach (var part in Parts) x = part.Forward(x, Concat(x, x));" + End,
        "    [Blocks(\"p.{i}\", Count = nameof(Layers))] public partial BlockStack<Part> Parts { get; }",
        Part.Replace("BODY", body, StringComparison.Ordinal));

    [Fact]
    public void A_slice_that_begins_elsewhere_in_each_block_is_refused_with_the_reason() => Assert.StartsWith(
        "`Layer * Hidden` differs from block to block, but 'begin' is one size for all blocks of a stack.",
        Verify.Message(Stack("x + Slice(wide, Layer * Hidden, Hidden)")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("Reshape(x, -1)", "`-1` is not a size: sizes are not inferred")]
    [InlineData("Reshape(x, 1, -1)", "`-1` is not a size: sizes are not inferred")]
    [InlineData("Reshape(x, 0, Hidden)", "`0` is not a size: sizes are not inferred")]
    [InlineData("Reshape(Reshape(x, Layers > 1 ? 1 : 2, Hidden), Hidden)", "is a number, but 'trailing' is a size")]
    [InlineData("Slice(x, 0, Order[0])", "`Order[0]` is a number, but 'count' is a size")]
    public void A_size_that_is_not_one_is_refused_with_the_reason(string expression, string expected) => Assert.Contains(
        expected,
        Verify.Message(Sample.Model(Start + $"x = x + {expression};" + End, "    [Option(\"order\")] public partial int[] Order { get; }")),
        StringComparison.Ordinal);

    [Fact]
    public void A_weight_with_an_inferred_size_is_refused_with_the_reason() => Assert.Contains(
        "'-1' is not the size of an axis: sizes are not inferred",
        Verify.Message(Sample.Model(Start + End, "    [Weight(\"w\", \"Hidden, -1\")] public partial Tensor W { get; }")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("private Tensor N => Norm;",
        "Make it a method, `private Tensor N() => ..`; or, if the checkpoint has it, a partial property with [Weight(")]
    [InlineData("private int N => 3;", "Make it a partial property with [Dim(Default = ")]
    [InlineData("private float N => 3;", "Make it a partial property with [Option(")]
    public void A_property_without_an_attribute_gets_advice_for_its_type(string member, string advice)
    {
        var message = Verify.Message(Sample.Model(Start + "x = x + N;" + End, "    " + member));
        Assert.Contains(advice, message, StringComparison.Ordinal);
        if (!advice.Contains("[Dim", StringComparison.Ordinal))
            Assert.DoesNotContain("[Dim", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[Block(\"child\")] public partial B Child { get; } public Tensor Forward(Tensor x) => Child.Forward(F(x)); private Tensor "
        + "F(Tensor x) => x + 1;", "")]
    [InlineData("[Block(\"child\")] public partial C Child { get; } public Tensor Forward(Tensor x) => Child.Forward(F(x)); private Tensor "
        + "F(Tensor x) => x + 1;", "[Block] public partial class C { [Block(\"b\")] public partial B B { get; } public Tensor Forward(Tensor x) "
            + "=> B.Forward(x); }")]
    public void A_block_that_contains_itself_is_named_as_such(string members, string more)
    {
        var message = Verify.Message(Sample.Model(Start + "x = First.Forward(x);" + End, "    [Block(\"first\")] public partial B First { get; }",
            $"[Block] public partial class B {{ {members} }} {more}"));
        Assert.Contains("a block cannot contain itself", message, StringComparison.Ordinal);
        Assert.DoesNotContain("calls itself", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_of_two_blocks_of_one_class_does_not_call_itself() => Verify.Clean(Sample.Model(
        Start + "x = First.Forward(Second.Forward(First.Forward(x)));" + End,
        "    [Block(\"first\")] public partial B First { get; } [Block(\"second\")] public partial B Second { get; }",
        "[Block] public partial class B { [Dim(\"hidden_size\")] public partial int Hidden { get; } [Weight(\"w\", \"Hidden\")] public partial "
            + "Tensor W { get; } public Tensor Forward(Tensor x) => F(F(x)); private Tensor F(Tensor x) => x * W; }"));
}
