using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cambium.Compiler.Types;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>
/// Sources that are too deep or too large get a diagnostic, in seconds and with a small stack. In an editor the generator runs inside the language
/// server.
/// </summary>
public sealed class LimitsTests
{
    private const string Start = "var x = Embedding[tokens]; ";
    private const string End = " return Linear(x, Embedding);";

    // The smallest default stack. C# itself takes some of it for deep source.
    private const int StackBytes = 1024 * 1024;

    private static string Repeat(int count, Func<int, string> text) => string.Concat(Enumerable.Range(0, count).Select(text));

    private static string Sum(int terms, string term = "x") => string.Join(" + ", Enumerable.Repeat(term, terms));

    private static string Nested(int depth, string before, string inner, string after) =>
        Repeat(depth, _ => before) + inner + Repeat(depth, _ => after);

    /// <summary>Each case with the words of its message: what was found, the limit, the fix.</summary>
    public static TheoryData<string, string, string[]> Sources => new()
    {
        { "a sum of 5,000 terms", Sample.Model(Start + $"x = {Sum(5000)};" + End), ["5,00", "160", "locals"] },
        { "a sum of 5,000 terms in the return", Sample.Model(Start + $"return Linear({Sum(5000)}, Embedding);"), ["5,00", "160", "locals"] },
        { "18 methods that call the previous one twice", Methods(18, static i => $"F{i}(F{i}(x))"), ["262,14", "6,000", "local"] },
        { "18 methods that add two calls of the previous one", Methods(18, static i => $"F{i}(x) + F{i}(x)"), ["6,000", "local"] },
        { "60 methods that call the previous one twice", Methods(60, static i => $"F{i}(F{i}(x))"), ["E+", "6,000", "local"] },
        { "500 methods that call each other", Methods(500, static i => $"F{i}(x)"), ["160", "64", "locals"] },
        { "calls inside each other", Sample.Model(Start + $"x = {Nested(200, "Silu(", "x", ")")};" + End), ["160", "locals"] },
        { "conditions inside each other", Sample.Model(Start + $"x = {Repeat(200, static i => $"Layers > {i} ? x + {i} : ")}x;" + End),
            ["160", "locals"] },
        { "a chain of else if", Sample.Model(Start + string.Join(" else ", Enumerable.Range(0, 300).Select(static i => $"if (Layers == {i}) x = x "
            + $"+ {i};")) + End), ["160", "locals"] },
        { "300 returns after each other",
            Sample.Model(Start + Repeat(300, static i => $"if (Layers == {i}) return Linear(x + {i}, Embedding);") + End), ["160", "locals"] },
        { "a switch with 300 arms", Sample.Model(Start + $"x = Layers switch {{ {Repeat(300, static i => $"{i} => x + {i}, ")} _ => x }};" + End),
            ["160", "locals"] },
        { "a switch with 300 sections",
            Sample.Model(Start + $"switch (Layers) {{ {Repeat(300, static i => $"case {i}: x = x + {i}; break; ")} }}" + End), ["160", "locals"] },
        { "blocks of statements inside each other", Sample.Model(Start + Nested(200, "if (Layers > 1) { ", "x = x + 1;", " }") + End),
            ["160", "locals"] },
        { "loops inside each other", Sample.Model(Start + Repeat(4, static i => $"for (var i{i} = 0; i{i} < 60; i{i}++) ") + "x = x + 1;" + End),
            ["120,000", "foreach"] },
        { "5,000 rounds of a loop", Sample.Model(Start + "for (var i = 0; i < 64; i++) for (var k = 0; k < 60; k++) x = Silu(x) + k;" + End),
            ["7,6", "6,000", "[Blocks]"] },
        { "7,000 statements", Sample.Model(Start + Repeat(7000, static _ => "x = x + 1;\n") + End), ["7,00", "6,000", "[Blocks]"] },
        { "a condition that doubles", Sample.Model(Start + "var c = Layers > 1;" + Repeat(40, static _ => "c = c && c;") + "x = c ? x + 1 : x;"
            + End), ["512", "read"] },
        { "a number that doubles", Sample.Model(Start + "var n = Epsilon * 2; var s = Exp(n);" + Repeat(40, static _ => "s = s * s;") + "x = x * s;"
            + End), ["512", "read"] },
        { "a number in 300 steps", Sample.Model(Start + "var s = Exp(Epsilon);" + Repeat(300, static _ => "s = s * 1.5f;") + "x = x * s;" + End),
            ["512", "160", "read"] },
        {
            "a score that doubles",
            Sample.Model(
                "var h = Reshape(Embedding[tokens], 1, Hidden); return Linear(Reshape(Attend(h, h, h, score: (s, at) => G(s)), Hidden), Embedding);",
                $"    private Score G(Score s) {{ {Repeat(40, static _ => "s = s * s; ")} return s; }}"),
            ["512", "read"]
        },
        {
            "score methods that call the previous one twice",
            Sample.Model(
                "var h = Reshape(Embedding[tokens], 1, Hidden); "
                    + "return Linear(Reshape(Attend(h, h, h, score: (s, at) => G20(s)), Hidden), Embedding);",
                "    private Score G0(Score s) => s + 1;\n" + Repeat(20, static i => $"    private Score G{i + 1}(Score s) => G{i}(G{i}(s));\n")),
            ["512", "read"]
        },
        { "parentheses in a dim", Sample.Model(Start + End, $"    [Dim(Default = \"{Nested(3000, "(", "Hidden", ")")}\")] public partial int N "
            + $"{{ get; }}"), ["64", "dim with a Default"] },
        { "signs in a dim", Sample.Model(Start + End, $"    [Dim(Default = \"{new string('-', 5000)}Hidden\")] public partial int N {{ get; }}"),
            ["64", "dim with a Default"] },
        {
            "a chain of dims",
            Sample.Model(Start + End, Repeat(500, static i => $"    [Dim(Default = \"D{i + 1} + 1\")] public partial int D{i} {{ get; }}\n") + "  "
                + "  [Dim(Default = \"Hidden\")] public partial int D500 { get; }"),
            ["64", "order"]
        },
        { "divisions after each other",
            Sample.Model(Start + End, $"    [Dim(Default = \"Hidden{Repeat(300, static _ => " / 3")}\")] public partial int "
            + "N { get; }"), ["64", "divisions", "product"] },
        {
            "divisions that double",
            Sample.Model(Start + End, "    [Dim(Default = \"Hidden\")] public partial int D0 { get; }\n"
                + Repeat(40, static i => $"    [Dim(Default = \"(D{i} + 1) / (D{i} + 2)\")] public partial int D{i + 1} {{ get; }}\n")),
            ["8,192", "configuration"]
        },
        {
            "dims that double",
            Sample.Model(Start + End, "    [Dim(\"d\")] public partial int D { get; }\n    [Dim(Default = \"D + Hidden\")] public partial int D0 "
                + "{ get; }"
                + Repeat(40, static i => $"    [Dim(Default = \"D{i} * D{i}\")] public partial int D{i + 1} {{ get; }}\n")),
            ["8,192", "configuration"]
        },
        {
            "a product of sums of dims",
            Sample.Model(Start + $"var n = {string.Join(" * ", Enumerable.Range(0, 40).Select(static i => $"(D{i} + Hidden)"))};"
                + " return Linear(Reshape(x, n), Embedding);",
                Repeat(40, static i => $"    [Dim(\"d{i}\")] public partial int D{i} {{ get; }}\n")),
            ["8,192", "configuration"]
        },
        {
            "a chain of ties",
            Sample.Model(Start + End, Repeat(500, static i => $"    [Weight(\"w{i}\", \"Hidden\", TiedTo = \"W{i + 1}\")] public partial Tensor "
                + $"W{i} {{ get; }}\n") + "    [Weight(\"w\", \"Hidden\")] public partial Tensor W500 { get; }"),
            ["directly"]
        },
        {
            "names that multiply",
            Chain(12, static i => $"[Block(\"a{i}|b{i}\")]"),
            ["128", "64", "remove alternatives"]
        },
        { "classes that extend each other", Extended(60), ["32", "join classes"] },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void Source_that_is_too_large_gets_a_diagnostic_with_the_limit(string name, string source, string[] words)
    {
        var watch = Stopwatch.StartNew();
        var messages = new List<string>();
        WithSmallStack(() =>
        {
            var generation = Generation.Run(source);
            Assert.Null(generation.Result.Exception);
            messages.AddRange(generation.Diagnostics.Select(static item => item.GetMessage(CultureInfo.InvariantCulture)));
        });
        Assert.NotEmpty(messages);
        Assert.Contains(messages, message => words.All(word => message.Contains(word, StringComparison.Ordinal)));
        Assert.DoesNotContain(messages, static message => message.Contains("This is a bug", StringComparison.Ordinal));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{name} took {watch.Elapsed}");
    }

    /// <summary>Sources just below the limits.</summary>
    public static TheoryData<string, string> Accepted => new()
    {
        { "a sum of 150 terms", Sample.Model(Start + $"x = {Sum(150)};" + End) },
        { "1,000 statements", Sample.Model(Start + Repeat(1000, static i => $"x = x + {i};") + End) },
        { "48 weights in a loop", Sample.Model(Start + "for (var i = 0; i < 48; i++) x = x + Linear(x, Square) * i;" + End, "    "
            + "[Weight(\"square\", \"Hidden, Hidden\")] public partial Tensor Square { get; }") },
        { "40 methods that call each other", Methods(40, static i => $"F{i}(x)") },
        { "8 methods that call the previous one twice", Methods(8, static i => $"F{i}(F{i}(x))") },
        { "a chain of 20 else if", Sample.Model(Start + string.Join(" else ", Enumerable.Range(0, 20).Select(static i => $"if (Layers == {i}) x = "
            + $"x + {i};")) + End) },
        { "a repeated method that ends",
            Sample.Model(Start + "x = Power(x, 20);" + End, "    private Tensor Power(Tensor y, int n) => n == 0 ? y : Power(y * 2, n - 1);") },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Source_within_the_limits_compiles_with_a_small_stack(string name, string source)
    {
        Assert.NotEmpty(name);
        WithSmallStack(() => Verify.Clean(source));
    }

    [Fact]
    public void A_deep_description_of_a_block_is_refused()
    {
        var expression = new StringBuilder();
        for (var i = 0; i < 5000; i++)
            expression.Append("(op 1 \"Silu\" [(argument \"x\" ");
        expression.Append("(local 2 \"x\")");
        for (var i = 0; i < 5000; i++)
            expression.Append(")])");
        var text = $"(class \"L.B\" \"B\" [] [] [] [] [(function 1 \"Forward\" [(parameter \"x\" Tensor)] [(return 3 {expression})])] [])";
        var library = $$"""
            [assembly: BlockSpec("L.B", 2, "{{text.Replace("\"", "\\\"", StringComparison.Ordinal)}}")]
            namespace L { [Block] public class B { public Tensor Forward(Tensor x) => null!; } }
            """;
        WithSmallStack(() =>
        {
            var generation = Generation.RunWithLibrary(library,
                Sample.Model(Start + "x = B.Forward(x);" + End, "    [Block(\"b\")] public partial L.B B { get; }"));
            Assert.Contains($"at most {CompilerLimits.Depth}", Assert.Single(generation.Diagnostics).GetMessage(CultureInfo.InvariantCulture),
                StringComparison.Ordinal);
        });
    }

    // A stack whose layers have tensors is bounded by the files.
    [Theory]
    [InlineData("", "x + 1", true)]
    [InlineData("[Option(\"scaled\", Default = false)] public partial bool Scaled { get; } "
        + "[Weight(\"scale\", \"Hidden\", When = nameof(Scaled))] public partial Tensor Scale { get; }", "x * Scale", true)]
    [InlineData("[Weight(\"scale\", \"Hidden\")] public partial Tensor Scale { get; }", "x * Scale", false)]
    public void Layers_that_no_file_bounds_are_bounded_by_the_program(string members, string result, bool isBounded)
    {
        var generation = Verify.Clean(Sample.Model(
            Start + "foreach (var part in Parts) x = part.Forward(x);" + End,
            "    [Dim(\"num_parts\")] public partial int Count { get; }\n"
                + "    [Blocks(\"parts.{i}\", Count = nameof(Count))] public partial BlockStack<Part> Parts { get; }",
            $$"""
            [Block]
            public partial class Part
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                {{members}}
                public Tensor Forward(Tensor x) => {{result}};
            }
            """));
        var code = string.Concat(generation.Result.GeneratedSources.Select(static source => source.SourceText.ToString()));
        const string check = "Binding.Layers(config, s.Count, \"Count\", (\"Count ('num_parts')\", s.Count))";
        Assert.Equal(isBounded, code.Contains(check, StringComparison.Ordinal));
    }

    [Fact]
    public void A_long_chain_becomes_kernels_of_a_bounded_size()
    {
        var generation = Verify.Clean(Sample.Model(Start + Repeat(400, static i => $"x = x + {i};") + End));
        var report = generation.File(".Report.g.cs");
        var expressions = report.Split('\n').Where(static line => line.Contains("<- (", StringComparison.Ordinal)).ToList();
        Assert.True(expressions.Count > 2, report);
        Assert.All(expressions, static line => Assert.InRange(line.Count(static c => c == '('), 1, CompilerLimits.FusedOperations));
    }

    private static void WithSmallStack(Action run)
    {
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    run();
                }
                catch (Exception error)
                {
                    failure = error;
                }
            },
            StackBytes);
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw new InvalidOperationException(failure.Message, failure);
    }

    private static string Methods(int count, Func<int, string> body) => Sample.Model(
        Start + $"x = F{count}(x);" + End,
        "    private Tensor F0(Tensor x) => x + 1;\n" + Repeat(count, i => $"    private Tensor F{i + 1}(Tensor x) => {body(i)};\n"));

    /// <summary>Blocks inside each other.</summary>
    private static string Chain(int count, Func<int, string> attribute)
    {
        var last = $$"""
            [Block]
            public partial class P{{count}}
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("w", "Hidden")] public partial Tensor W { get; }
                public Tensor Forward(Tensor x) => x * W;
            }
            """;
        var others = Repeat(count, i => $$"""
            [Block]
            public partial class P{{i}}
            {
                {{attribute(i + 1)}} public partial P{{i + 1}} Part { get; }
                public Tensor Forward(Tensor x) => Part.Forward(x);
            }

            """);
        return Sample.Model(Start + "x = Part.Forward(x);" + End, $"    {attribute(0)} public partial P0 Part {{ get; }}", others + last);
    }

    private static string Extended(int count) => Sample.Model(
        Start + "x = Part.Forward(x);" + End,
        $"    [Block(\"p\")] public partial P{count} Part {{ get; }}",
        "[Block] public partial class P0 { public Tensor Forward(Tensor x) => x + 1; }\n"
            + Repeat(count, static i => $"[Block] public partial class P{i + 1} : P{i} {{ }}\n"));
}
