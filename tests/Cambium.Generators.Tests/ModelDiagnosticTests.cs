using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>Every mistake has its code, at the author's expression, and takes nothing else with it.</summary>
public sealed class ModelDiagnosticTests
{
    public static TheoryData<string> Names => DiagnosticSamples.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mistake_is_reported_at_its_place_and_nothing_follows_from_it(string name)
    {
        var entry = DiagnosticSamples.Get(name);
        Verify.Diagnostics(entry.Source, entry.CSharpReportsToo);
    }

    [Fact]
    public void A_message_has_the_authors_names() => Assert.Equal(
        "[Dim] needs a property of type int, but 'Width' is float",
        Verify.Message(Sample.Model("return Linear(Embedding[tokens], Embedding);", "    [Dim(\"n\")] public partial float Width { get; }")));

    [Fact]
    public void A_shape_mistake_shows_both_shapes()
    {
        var message = Verify.Message(Sample.Model("return Linear(Embedding[tokens], Wide);", "    [Weight(\"wide\", \"Hidden, 2 * Hidden\")] public partial Tensor Wide { get; }"));
        Assert.Contains("2*Hidden", message, StringComparison.Ordinal);
        Assert.Contains("[T, Hidden]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_choice_between_rotary_positions_says_what_to_choose_between() => Assert.Contains(
        "choose between the rotated values",
        Verify.Message(Sample.Model(
            "var x = Embedding[tokens]; var rotary = Local ? A : B; return Linear(Reshape(Rotate(Reshape(x, 1, Hidden), rotary), Hidden), Embedding);",
            "    [Option(\"local\")] public partial bool Local { get; } [Option(\"a\", Default = \"Hidden\")] public partial Rotary A { get; } [Option(\"b\", Default = \"Hidden\")] public partial Rotary B { get; }")),
        StringComparison.Ordinal);

    [Fact]
    public void A_mistake_of_a_block_is_reported_once_for_all_models_that_use_it()
    {
        var model = Sample.Model("return Linear(Part.Forward(Embedding[tokens]), Embedding);", "    [Block(\"part\")] public partial Part Part { get; }", """
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
    public void A_mistake_lies_in_the_authors_own_tree_so_that_pragmas_find_it()
    {
        var generation = Generation.Run(Sample.Model("return Linear(Embedding[tokens] * Math.Cos(1), Embedding);"));
        Assert.Contains(Assert.Single(generation.Diagnostics).Location.SourceTree, generation.Output.SyntaxTrees);
    }

    [Fact]
    public void A_block_of_another_assembly_is_refused_by_name()
    {
        var message = Assert.Single(Generation.RunWithLibrary(
            "namespace Library; [Block] public class Foreign { public Tensor Forward(Tensor x) => x + 1; }",
            Sample.Model("return Linear(Part.Forward(Embedding[tokens]), Embedding);", "    [Block(\"part\")] public partial Library.Foreign Part { get; }")).Diagnostics);
        Assert.Equal("CMB012", message.Id);
        Assert.Contains("'Library'", message.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }
}
