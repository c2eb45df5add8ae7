using Cambium.CodeFixes;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis.CodeFixes;
using Xunit;

namespace Cambium.Generators.Tests.CodeFixes;

/// <summary>A fix removes its diagnostic, and the class builds.</summary>
public sealed class CodeFixTests
{
    private const string Plain = "return Linear(Embedding[tokens], Embedding);";

    public static IReadOnlyList<CodeFixProvider> All { get; } = [new PartialClassFix(), new PropertyFormFix(), new NameFix(),
        new BindingFix(), new ForwardFix()];

    [Theory]
    [InlineData("/// <summary>Adds.</summary>\n[Block]\npublic sealed class Part { public Tensor Forward(Tensor x) => x + 1; }",
        "public sealed partial class Part {")]
    [InlineData("[Block] class Part { public Tensor Forward(Tensor x) => x + 1; }", "[Block] partial class Part {")]
    public Task A_class_becomes_partial(string source, string expected) => Fixes(new PartialClassFix(), source, "Make 'Part' partial", expected);

    [Theory]
    [InlineData("[Dim(\"n\")] public int N { get; set; }")]
    [InlineData("[Dim(\"n\")] public static partial int N { get; }")]
    [InlineData("[Dim(\"n\")] public int N => 3;")]
    [InlineData("[Dim(\"n\")] public partial int N { get; init; } // a comment")]
    public Task A_property_gets_the_supported_form(string property) => Fixes(
        new PropertyFormFix(),
        Sample.Model(Plain, $"    // Size.\n    {property}"),
        "Write 'partial int N { get; }'",
        "    // Size.\n    [Dim(\"n\")] public partial int N { get; }");

    [Fact]
    public Task A_missing_dim_is_declared_after_the_others() => Fixes(
        new NameFix(), Sample.Model(Plain, "    [Weight(\"w\", \"InnerSize, Hidden\")] public partial Tensor W { get; }"), "Add the dim 'InnerSize'",
        "public partial int Layers { get; }\n    [Dim(\"inner_size\")] public partial int InnerSize { get; }\n");

    [Fact]
    public Task A_first_dim_is_declared_at_the_start_of_the_class() => Fixes(
        new NameFix(),
        "[Block]\npublic partial class Part\n{\n    [Weight(\"w\", \"Width\")] "
            + "public partial Tensor W { get; }\n    public Tensor Forward(Tensor x) => x * W;\n}", "Add the dim 'Width'",
        "{\n    [Dim(\"width\")] public partial int Width { get; }\n    [Weight(");

    [Theory]
    [InlineData("[Weight(\"w\", \"2 * Hiden, Vocab\")]", "Hiden", "Hidden", "\"2 * Hidden, Vocab\"")]
    [InlineData("[Weight(\"w\", \"Vocab, Hidden\", TiedTo = \"Embeding\")]", "Embeding", "Embedding", "TiedTo = \"Embedding\"")]
    [InlineData("[Weight(\"w\", \"Hidden\", When = \"HasBais\")]", "HasBais", "HasBias", "When = \"HasBias\"")]
    [InlineData("[Weight(\"w\", \"Hidden\", When = nameof(HasBia))]", "HasBia", "HasBias", "When = nameof(HasBias)")]
    public Task The_most_similar_name_is_offered(string attribute, string wrong, string right, string expected) => Fixes(
        new NameFix(),
        Sample.Model(Plain,
            $"    [Option(\"bias\")] public partial bool HasBias {{ get; }}\n    private const int HasBia = 0;\n    {attribute} public partial "
                + $"Tensor W {{ get; }}"), $"Change '{wrong}' to '{right}'", expected);

    [Fact]
    public Task An_inherited_name_is_offered() => Fixes(
        new NameFix(),
        "[Model]\npublic abstract partial class Base\n{\n    [Dim(\"h\")] "
            + "public partial int Hidden { get; }\n}\n\n[Model]\npublic partial class Tiny : Base\n{\n"
        + "    [Weight(\"w\", \"4, Hiden\")] public partial Tensor W { get; }\n    public Tensor Forward(Tokens tokens) => W[tokens];\n}",
        "Change 'Hiden' to 'Hidden'",
        "\"4, Hidden\"");

    [Fact]
    public Task Names_in_defaults_are_fixed() => Fixes(
        new NameFix(),
        Sample.Model(Plain, "    [Dim(\"d\", Default = \"Hidden / Head\")] public partial int D { get; }"),
        "Change 'Head' to 'Heads'",
        "Default = \"Hidden / Heads\"");

    [Theory]
    [InlineData("Tensor InputNorm", "[Weight(\"input_norm.weight\", \"Hidden\")] public partial Tensor InputNorm { get; }")]
    [InlineData("Layer Extra", "[Block(\"extra\")] public partial Layer Extra { get; }")]
    [InlineData("BlockStack<Layer> More", "[Blocks(\"more.{i}\", Count = nameof(Layers))] public partial BlockStack<Layer> More { get; }")]
    [InlineData("Rotary Turn", "[Option(Default = nameof(Heads))] public partial Rotary Turn { get; }")]
    public Task A_property_gets_a_binding_attribute(string member, string expected) => Fixes(
        new BindingFix(),
        Sample.Model(Plain, $"    public partial {member} {{ get; }}"),
        $"Add {expected[..(expected.LastIndexOf(']') + 1)]}",
        "    " + expected);

    [Fact]
    public Task A_model_gets_a_Forward() => Fixes(
        new ForwardFix(),
        "[Model]\npublic partial class Tiny\n{\n    [Dim(\"h\")] public partial int Hidden { get; }\n    [Weight(\"norm\", \"Hidden\")] "
            + "public partial Tensor Norm { get; }\n    [Weight(\"embed\", \"7, Hidden\")] public partial Tensor Embedding { get; }\n}",
        "Add Forward", "}\n\n    public Tensor Forward(Tokens tokens)\n    {\n        return Embedding[tokens];\n    }\n}");

    [Fact]
    public async Task An_invalid_Forward_gets_no_fix() =>
        Assert.Empty(await Fixing.Offers(new ForwardFix(), "[Model] public partial class Tiny { public int Forward(Tokens tokens) => 1; }"));

    [Fact]
    public void Every_fix_has_an_existing_diagnostic() => Assert.All(
        All.SelectMany(static fix => fix.FixableDiagnosticIds),
        static id => Assert.Contains(Descriptors.OfOneClass, descriptor => descriptor.Id == id));

    [Theory]
    [InlineData("HeadDim", "head_dim")]
    [InlineData("KVHeads", "kv_heads")]
    [InlineData("Vocab", "vocab")]
    [InlineData("hidden", "hidden")]
    public void Guessed_names_are_in_snake_case(string name, string snake) => Assert.Equal(snake, Naming.Snake(name));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("Hiden", "Hidden", 1)]
    public void The_distance_of_names_is_the_Levenshtein_distance(string a, string b, int slips) => Assert.Equal(slips, Naming.Distance(a, b));

    private static async Task Fixes(CodeFixProvider fix, string source, string title, string expected)
    {
        source = source.ReplaceLineEndings("\n");
        var offers = await Fixing.Offers(fix, source);
        var (_, after) = Assert.Single(offers, offer => offer.Title == title);
        Assert.Contains(expected, after, StringComparison.Ordinal);
        Verify.Clean(after);
    }
}
