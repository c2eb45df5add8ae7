using System.Text.RegularExpressions;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The form of generated code: remarks, names, aliases and widths.</summary>
public sealed class GeneratedCodeTests
{
    private const string Usual = """
            var h = RmsNorm(x, Norm, 1e-5f);
            x += Linear(Silu(Linear(h, Gate)) * Linear(h, Up), Down);
            return Head(x);
        """;

    [Fact]
    public void Remarks_name_the_expressions_of_the_author()
    {
        var code = Program(Usual);

        Assert.Contains("// Embedding[tokens]\n", code, StringComparison.Ordinal);
        Assert.Contains("// RmsNorm(x, Norm, 1e-5f)\n", code, StringComparison.Ordinal);
        Assert.Contains("// Silu(Linear(h, Gate)) * Linear(h, Up)\n", code, StringComparison.Ordinal);
        Assert.DoesNotMatch("// .*(square|rsqrt|silu|mul,)", code);
    }

    [Fact]
    public void An_expression_of_another_kernel_is_elided()
    {
        var code = Program(Usual);

        Assert.Contains("// x + Linear(.., Down)\n", code, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operand_of_an_operator_is_elided_only_as_a_whole()
    {
        // "Gelu(h) * Linear(h, Mix)" contains the text of Gelu(h), which another kernel computes, and is not elided itself.
        var code = Program("var h = Linear(x, Mix); return Head(x - Gelu(h) * Linear(h, Mix) - Linear(Gelu(h), Mix));");

        Assert.Contains("// x - .. * Linear(h, Mix)\n", code, StringComparison.Ordinal);
    }

    [Fact]
    public void A_remark_in_a_helper_names_the_members_of_its_call()
    {
        const string helper = "private Tensor Scaled(Tensor x, Tensor gain) => RmsNorm(x, 1 + gain, 1e-5f);";
        var code = Program("return Head(Scaled(Linear(Scaled(x, Norm), Mix), Other));", helper);

        Assert.Contains("// RmsNorm(x, 1 + Norm, 1e-5f)\n", code, StringComparison.Ordinal);
        Assert.Contains("// RmsNorm(x, 1 + Other, 1e-5f)\n", code, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_gets_another_value_keeps_its_name()
    {
        const string helper = "private Tensor Scaled(Tensor x, Tensor gain) { gain = gain * 2; return RmsNorm(x, gain, 1e-5f); }";
        var code = Program("return Head(Scaled(x, Norm));", helper);

        Assert.Contains("// RmsNorm(x, gain, 1e-5f)\n", code, StringComparison.Ordinal);
    }

    [Fact]
    public void A_statement_that_chooses_is_named_by_its_condition()
    {
        var code = Program(
            "if (Width > 4 && !Deep) x = x * 2; return Head(RmsNorm(x, Norm, 1e-5f));",
            "[Option(\"deep\", Default = false)] public partial bool Deep { get; }");

        Assert.Contains("// if (Width > 4 && !Deep)\n", code, StringComparison.Ordinal);
    }

    [Fact]
    public void Parentheses_follow_the_precedence_of_operators()
    {
        var code = Program("return Head((x - (x + Norm) * 2) / -(x - 1 - Norm));");

        Assert.Contains("// (x - (x + Norm) * 2) / -(x - 1 - Norm)\n", code, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_expression_has_a_short_remark()
    {
        var sum = string.Join(" + ", Enumerable.Range(0, 40).Select(static i => $"{i} * x"));
        var code = Program($"return Head(Gelu({sum}));");

        Assert.All(
            Regex.Matches(code, "^ *// (.*)$", RegexOptions.Multiline).Select(static match => match.Groups[1].Value),
            static text => Assert.InRange(text.Length, 0, 120));
    }

    [Fact]
    public void Whitespace_and_comments_do_not_change_generated_code() =>
        Assert.Equal(Program(Usual), Program(Usual.Replace("(h, ", "( /* rows */ h ,\n\n ", StringComparison.Ordinal)));

    [Fact]
    public void The_identity_of_a_program_does_not_depend_on_remarks()
    {
        var (one, other) =
            (Program(Usual),
                Program(Usual.Replace("h = ", "normed = ", StringComparison.Ordinal).Replace("(h,", "(normed,", StringComparison.Ordinal)));

        Assert.NotEqual(one, other);
        Assert.Equal(Identity(one), Identity(other));
    }

    [Fact]
    public void A_block_of_a_package_keeps_its_expressions()
    {
        const string block = """
            namespace Library;

            [Block]
            public partial class Part
            {
                [Dim("width")] public partial int Width { get; }
                [Weight("inner", "Width, Width")] public partial Tensor Inner { get; }
                public Tensor Forward(Tensor rows) => Gelu(Linear(rows, Inner));
            }
            """;
        var library = Generation.Library("Lib", block).AsReference();
        var generation = Generation.RunWithReferences(
            [library],
            Model("return Head(Mine.Forward(x));", "[Block(\"part\")] public partial Library.Part Mine { get; }"));

        Assert.Empty(generation.Diagnostics);
        Assert.Contains("// Gelu(Linear(rows, Inner))\n", generation.File("Tiny.Program.g.cs"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_names_the_expressions_that_are_not_fused()
    {
        var source = Model("var h = Linear(x, Mix); var n = RmsNorm(h, Norm, 1e-5f); return Head(Linear(n, Mix) + n);");
        var report = Verify.Clean(source).File("Tiny.Report.g.cs");

        Assert.Contains("//       not fused: RmsNorm(h, Norm, 1e-5f) not after the product with Mix: ", report, StringComparison.Ordinal);
        Assert.DoesNotMatch("not fused: (square|mean|mul)", report);
    }

    [Fact]
    public void The_report_leaves_out_sections_without_content()
    {
        var report = Verify.Clean(Model("return x;", result: "Width")).File("Tiny.Report.g.cs");

        Assert.DoesNotContain("KV cache", report, StringComparison.Ordinal);
        Assert.DoesNotContain("flops 0", report, StringComparison.Ordinal);
        var lines = report.Split('\n').Skip(3).Where(static line => line != "//").ToList();
        Assert.All(
            lines.Index().Where(static line => Regex.IsMatch(line.Item, @"^// \S")),
            title => Assert.StartsWith("//   ", lines[title.Index + 1]));
    }

    [Fact]
    public void The_report_names_the_reason_of_each_copy()
    {
        string Read(params string[] path) => File.ReadAllText(Repository.At(path));
        var report = Verify.Clean(
            Read("src", "Cambium.Models", "CausalDecoder.cs"),
            Read("tests", "Cambium.Models.Tests", "Architectures", "GemmaDecoder.cs"),
            Read("tests", "Cambium.Models.Tests", "Architectures", "Gemma2.cs")).File("Gemma2.Report.g.cs");
        var copies = Regex.Matches(report, "//     copy rows\n(.*)\n");

        Assert.NotEmpty(copies);
        Assert.All(copies.Select(static match => match.Groups[1].Value), static next => Assert.StartsWith("//       copy: ", next));
    }

    // C# allows 1023 bytes in a name.
    [Theory]
    [InlineData("one weight that is computed from 48", 48, " + ", false)]
    [InlineData("a sum of 48 products", 48, " + ", true)]
    [InlineData("a sum of 128 products with activations", 128, " + ", true)]
    public void Names_of_generated_types_have_a_bounded_length(string description, int count, string sign, bool isOfProducts)
    {
        Assert.NotEmpty(description);
        var names = Enumerable.Range(0, count).Select(static i => $"TheWeightOfExpertNumber{i}").ToList();
        var members = string.Join(
            "\n",
            names.Select(static (name, i) => $"[Weight(\"w{i}\", \"Width, Width\")] public partial Tensor {name} {{ get; }}"));
        var value = string.Join(sign, names.Select(name => !isOfProducts ? name : count > 100 ? $"Gelu(Linear(x, {name}))" : $"Linear(x, {name})"));
        var generation = Verify.Clean(Model(isOfProducts ? $"return Head({value});" : $"return Head(Linear(x, {value}));", members));

        Assert.NotEmpty(generation.Image());
        Assert.All(
            Regex.Matches(generation.File("Tiny.Program.g.cs"), @"\w+").Select(static match => match.Value),
            static name => Assert.InRange(name.Length, 1, 120));
    }

    [Fact]
    public void A_long_name_of_a_member_gets_a_short_type()
    {
        var name = "W" + new string('e', 990);
        var code = Program($"return Head(Linear(x, {name}) + x);", $"[Weight(\"w\", \"Width, Width\")] public partial Tensor {name} {{ get; }}");

        Assert.Matches(@"struct We{79}_[0-9a-f]{8}Epilogue ", code);
    }

    [Fact]
    public void Slices_of_one_tensor_have_its_name()
    {
        const string member = "[Weight(\"all\", \"3 * Width, Width\")] public partial Tensor All { get; }";
        var code = Program(
            "var all = Linear(x, All); return Head(Slice(all, 0, Width) * Gelu(Slice(all, Width, Width)) + Tanh(Slice(all, 2 * Width, Width)));",
            member);

        Assert.Contains("w.AllWeights", code, StringComparison.Ordinal);
        Assert.DoesNotContain("AllPartAllPart", code, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_with_one_condition_share_one_block()
    {
        const string members = """
            [Option("bias", Default = false)] public partial bool HasBias { get; }
            [Weight("b0", "Width", When = nameof(HasBias))] public partial Tensor First { get; }
            [Weight("b1", "Width", When = nameof(HasBias))] public partial Tensor Second { get; }
            [Weight("b2", "Width", When = nameof(HasBias))] public partial Tensor Third { get; }
            """;
        var code = Program("return Head(Linear(x + First, Mix) * Second + Third);", members);

        // One where the tensors are checked, one where they are read.
        Assert.Equal(2, Regex.Count(code, @"if \(s\.HasBias\)"));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Generated_code_has_lines_of_at_most_150_characters(string folder)
    {
        var generation = Generation.Run([.. Directory.EnumerateFiles(Repository.At(folder), "*.cs", SearchOption.TopDirectoryOnly)
            .Where(static path => !Path.GetFileName(path).Contains("Tests", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(File.ReadAllText)]);
        var programs = generation.Result.GeneratedSources
            .Where(static source => source.HintName.EndsWith(".Program.g.cs", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(programs);
        Assert.All(programs, static program => Assert.DoesNotMatch("(?m)^.{151,}$", program.SourceText.ToString()));
    }

    public static TheoryData<string> Sources => ["src/Cambium.Models", "tests/Cambium.Models.Tests/Architectures"];

    private static string Identity(string code) => Regex.Match(code, "\"[0-9a-f]{64}\"").Value;

    private static string Program(string body, string members = "") => Verify.Clean(Model(body, members)).File("Tiny.Program.g.cs");

    private static string Model(string body, string members = "", string result = "Vocab") => $$"""
        namespace Sample;

        [Model("TinyForCausalLM")]
        public partial class Tiny
        {
            [Dim("width")] public partial int Width { get; }
            [Dim("vocab")] public partial int Vocab { get; }
            [Weight("embedding", "Vocab, Width")] public partial Tensor Embedding { get; }
            [Weight("norm", "Width")] public partial Tensor Norm { get; }
            [Weight("other", "Width")] public partial Tensor Other { get; }
            [Weight("mix", "Width, Width")] public partial Tensor Mix { get; }
            [Weight("gate", "2 * Width, Width")] public partial Tensor Gate { get; }
            [Weight("up", "2 * Width, Width")] public partial Tensor Up { get; }
            [Weight("down", "Width, 2 * Width")] public partial Tensor Down { get; }
            {{members}}

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                {{body}}
            }

            private Tensor Head(Tensor x) => {{(result == "Vocab" ? "Linear(x, Embedding)" : "x")}};
        }
        """;
}
