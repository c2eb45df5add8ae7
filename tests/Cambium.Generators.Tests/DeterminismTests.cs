using System.Globalization;
using System.Xml.Linq;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The same classes give the same text in every environment. (Another process and another folder: <c>Cambium.Packages.Tests</c>.)</summary>
public sealed class DeterminismTests
{
    private static readonly (string Name, string Source)[] Zoo =
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Cambium.Models"), "*.cs")
            .Where(static path => Path.GetFileName(path) != "Zoo.cs")
            .Select(static path => (path, File.ReadAllText(path).ReplaceLineEndings("\n"))), ("Signs.cs", Signs)];

    // Negative numbers and fractions, whose format depends on the culture.
    private const string Signs = """
        namespace Sample;

        [Block]
        public partial class Signs
        {
            [Dim("width")] public partial int Width { get; }
            [Option("shift", Default = -1.5f)] public partial float Shift { get; }
            [Weight("w", "Width")] public partial Tensor W { get; }

            public Tensor Forward(Tensor x) => Clamp(x * W * -0.125f, -2.5f, 1e-7f) + Shift;
        }

        [Model("SignsForCausalLM")]
        public partial class SignsModel
        {
            [Dim("width")] public partial int Width { get; }
            [Dim("vocab")] public partial int Vocab { get; }
            [Weight("embed", "Vocab, Width")] public partial Tensor Embedding { get; }
            [Block("signs")] public partial Signs Signs { get; }

            public Tensor Forward(Tokens tokens) => Linear(Signs.Forward(Embedding[tokens]), Embedding);
        }
        """;

    private static readonly Lazy<string> Expected = new(static () => Text(Zoo));

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("de-DE")]
    [InlineData("ar-SA")]
    [InlineData("sv-SE")]
    public void Output_is_the_same_in_another_culture(string name)
    {
        var expected = Expected.Value;
        var (culture, ui) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = Unusual(name);
            Assert.Equal("~1;5", FormattableString.CurrentCulture($"{-1.5}"));
            Assert.Equal(expected, Text(Zoo));
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, ui);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Output_is_the_same_with_files_in_another_order(int seed)
    {
        var shuffled = Zoo.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.NotEqual(Zoo, shuffled);
        Assert.Equal(Expected.Value, Text(shuffled));
    }

    [Fact]
    public void Output_is_the_same_with_other_line_endings() =>
        Assert.Equal(Expected.Value, Text([.. Zoo.Select(static file => (file.Name, file.Source.ReplaceLineEndings("\r\n")))]));

    [Fact]
    public void Output_is_the_same_in_another_folder() =>
        Assert.Equal(Expected.Value, Text([.. Zoo.Select(static file => ("/elsewhere/deeper/" + Path.GetFileName(file.Name), file.Source))]));

    // BannedApiAnalyzers makes each use of a listed symbol a build error.
    [Theory]
    [InlineData("src", "Cambium.Compiler")]
    [InlineData("generators", "Cambium.Generators")]
    public void Clock_files_environment_randomness_and_culture_are_banned(string folder, string project)
    {
        var file = XDocument.Load(Repository.At(folder, project, project + ".csproj"));
        var included = file.Descendants().Select(static item => (string?)item.Attribute("Include")).OfType<string>().ToList();
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", included);
        Assert.Contains(included, static path => Path.GetFileName(path) == "BannedSymbols.txt");

        var banned = File.ReadAllLines(Repository.At("src", "BannedSymbols.txt")).Select(static line => line[..line.IndexOf(';')]).ToList();
        Assert.Superset(
            new HashSet<string> { "T:System.DateTime", "T:System.IO.File", "T:System.Environment", "T:System.Random",
                "P:System.Globalization.CultureInfo.CurrentCulture", "T:System.Threading.Thread" },
            banned.ToHashSet());
    }

    // Own separators, because a process can run without culture data.
    private static CultureInfo Unusual(string name)
    {
        CultureInfo culture;
        try
        {
            culture = (CultureInfo)CultureInfo.GetCultureInfo(name).Clone();
        }
        catch (CultureNotFoundException)
        {
            culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        }

        culture.NumberFormat.NegativeSign = "~";
        culture.NumberFormat.NumberDecimalSeparator = ";";
        return culture;
    }

    private static string Text(IReadOnlyList<(string Name, string Source)> files)
    {
        var generation = Generation.RunFiles(files);
        Assert.Empty(generation.Diagnostics);
        var sources = generation.Result.GeneratedSources;
        Assert.Contains(sources, static source => source.HintName.EndsWith("SignsModel.Program.g.cs", StringComparison.Ordinal));
        return string.Join("\n",
            sources.OrderBy(static source => source.HintName, StringComparer.Ordinal)
                .Select(static source => $"== {source.HintName}\n{source.SourceText}"));
    }
}
