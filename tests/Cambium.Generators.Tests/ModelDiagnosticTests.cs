using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>Every error has its code and position, and causes no other diagnostic.</summary>
public sealed class ModelDiagnosticTests
{
    public static TheoryData<string> Names => DiagnosticSamples.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void An_error_is_reported_once_at_its_position(string name)
    {
        var entry = DiagnosticSamples.Get(name);
        Verify.Diagnostics(entry.Source, entry.CSharpReportsToo);
    }

    [Fact]
    public void A_message_contains_the_names_in_the_source() => Assert.Equal(
        "[Dim] needs a property of type int, but 'Width' is float",
        Verify.Message(Sample.Model("return Linear(Embedding[tokens], Embedding);", "    [Dim(\"n\")] public partial float Width { get; }")));

    [Fact]
    public void A_shape_error_contains_both_shapes()
    {
        var message =
            Verify.Message(
                Sample.Model("return Linear(Embedding[tokens], Wide);",
                    "    [Weight(\"wide\", \"Hidden, 2 * Hidden\")] public partial Tensor Wide { get; }"));
        Assert.Contains("2*Hidden", message, StringComparison.Ordinal);
        Assert.Contains("[T, Hidden]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_choice_between_rotary_options_is_reported_with_advice() => Assert.Contains(
        "choose between the rotated values",
        Verify.Message(Sample.Model(
            "var x = Embedding[tokens]; var rotary = Local ? A : B; "
                + "return Linear(Reshape(Rotate(Reshape(x, 1, Hidden), rotary), Hidden), Embedding);",
            "    [Option(\"local\")] public partial bool Local { get; } [Option(\"a\", Default = \"Hidden\")] public partial Rotary A { get; } "
                + "[Option(\"b\", Default = \"Hidden\")] public partial Rotary B { get; }")),
        StringComparison.Ordinal);

    [Fact]
    public void An_error_in_a_block_is_reported_once_for_all_models()
    {
        var model = Sample.Model("return Linear(Part.Forward(Embedding[tokens]), Embedding);",
            "    [Block(\"part\")] public partial Part Part { get; }", """
            [Block]
            public partial class Part
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("w", "Hidden, 3")] public partial Tensor W { get; }
                public Tensor Forward(Tensor x) => Linear(x, W);
            }

            [Model]
            public partial class Second
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("embed", "7, Hidden")] public partial Tensor Embedding { get; }
                [Block("part")] public partial Part Part { get; }
                public Tensor Forward(Tokens tokens) => Part.Forward(Embedding[tokens]);
            }
            """);
        Assert.Equal("CMB101", Assert.Single(Generation.Run(model).Diagnostics).Id);
    }

    [Fact]
    public void A_diagnostic_is_in_the_authors_tree()
    {
        var generation = Generation.Run(Sample.Model("return Linear(Embedding[tokens] * Math.Cos(1), Embedding);"));
        Assert.Contains(Assert.Single(generation.Diagnostics).Location.SourceTree, generation.Output.SyntaxTrees);
    }

    [Fact]
    public void A_block_without_a_description_is_refused()
    {
        var message = Assert.Single(Generation.RunWithLibrary(
            "namespace Library; [Block] public class Foreign { public Tensor Forward(Tensor x) => x + 1; }",
            Sample.Model("return Linear(Part.Forward(Embedding[tokens]), Embedding);",
                "    [Block(\"part\")] public partial Library.Foreign Part { get; }")).Diagnostics);
        Assert.Equal("CMB012", message.Id);
        Assert.Contains("'Library'", message.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }
}
