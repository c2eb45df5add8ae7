using System.Diagnostics;
using System.Globalization;
using Cambium.Generators.Reporting;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The analyzer reports members of a class that no method reads.</summary>
public sealed class NeverReadTests
{
    private const string Body = "var x = Embedding[tokens]; foreach (var block in Blocks) x = block.Forward(x); return Linear(RmsNorm(x, Norm, "
        + "1e-5f), Embedding);";

    [Fact]
    public async Task A_class_that_reads_everything_is_not_reported() => Assert.Empty(await Reported(Sample.Whole));

    [Theory]
    [InlineData("[Weight(\"b\", \"Hidden\")] public partial Tensor Bias { get; }", "Bias")]
    [InlineData("[Blocks(\"more.{i}\", Count = nameof(Layers))] public partial BlockStack<Layer> More { get; }", "More")]
    [InlineData("[Block(\"part\")] public partial Layer Part { get; }", "Part")]
    public async Task A_member_that_no_method_reads_is_reported(string member, string name)
    {
        var message = Assert.Single(await Reported(Sample.Model(Body, "    " + member)));
        Assert.StartsWith($"'{name}' of 'Tiny' is never read", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_weight_that_another_one_is_tied_to_is_not_reported() => Assert.Empty(await Reported(Sample.Model(
        Body.Replace("1e-5f), Embedding)", "1e-5f), Head)", StringComparison.Ordinal),
        "    [Weight(\"h\", \"Vocab, Hidden\", TiedTo = nameof(Shared))] public partial Tensor Head { get; } [Weight(\"s\", \"Vocab, Hidden\")] "
            + "public partial Tensor Shared { get; }")));

    // The search for a tie among the members of the class was repeated for each of them.
    [Fact]
    public async Task Thousands_of_members_that_no_method_reads_take_linear_time()
    {
        var members = string.Concat(
            Enumerable.Range(0, 4000).Select(static i => $"    [Weight(\"b{i}\", \"Hidden\")] public partial Tensor B{i} {{ get; }}\n"));
        var watch = Stopwatch.StartNew();
        Assert.Equal(4000, (await Reported(Sample.Model(Body, members))).Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public async Task A_class_that_extends_another_one_can_read_its_members() => Assert.Empty(await Reported(Sample.Model(
        Body + "\n",
        "    [Block(\"part\")] public partial Wide Part { get; }\n    private Tensor More(Tensor x) => Part.Forward(x);",
        """
        [Block]
        public partial class Narrow { [Dim("hidden_size")] public partial int Hidden { get; } [Weight("n",
            "Hidden")] protected partial Tensor N { get; } }
        [Block]
        public partial class Wide : Narrow { public Tensor Forward(Tensor x) => x * N; }
        """)));

    [Fact]
    public async Task Members_of_an_abstract_class_are_not_reported() => Assert.Empty(await Reported(
        Sample.Whole + """

        [Block]
        public abstract partial class Open { [Dim("hidden_size")] public partial int Hidden { get; } [Weight("n",
            "Hidden")] protected partial Tensor N { get; } }
        """));

    private static async Task<IReadOnlyList<string>> Reported(string source)
    {
        var generation = Generation.Run(source);
        Assert.Empty(generation.Diagnostics);
        Verify.CSharpIsContent(generation);
        var found = await generation.Output.WithAnalyzers([new NeverReadMembers()]).GetAnalyzerDiagnosticsAsync();
        return [.. found.Select(static item => item.GetMessage(CultureInfo.InvariantCulture))];
    }
}
