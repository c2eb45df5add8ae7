using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reporting;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>Every diagnostic has a page with a wrong and a right example.</summary>
public sealed class PageTests
{
    // No class causes these: a bug of Cambium, packages of two versions, a class that did not come from the front end.
    private static readonly string[] WithoutExamples = ["CMB099", "CMB105", "CMB106"];

    private static string Folder => Path.Combine(Repository.Root, "generators", "Cambium.Generators", "Diagnostics", "Pages");

    private static IReadOnlyList<string> All => [.. Descriptors.All.Select(static descriptor => descriptor.Id).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Codes => [.. All];

    public static TheoryData<string> CodesWithExamples => [.. All.Except(WithoutExamples)];

    [Fact]
    public void Each_diagnostic_has_a_page() => Assert.Equal(
        All.Select(static code => $"{code}.md"),
        Directory.EnumerateFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_diagnostic_links_to_the_page_with_its_title(string code)
    {
        var descriptor = Descriptors.Get(code);
        var page = new Uri(descriptor.HelpLinkUri).LocalPath;
        Assert.Equal(File.ReadAllText(Path.Combine(Folder, $"{code}.md")), File.ReadAllText(page));
        Assert.Equal($"# {code}: {descriptor.Title}", File.ReadLines(page).First());
    }

    [Theory]
    [MemberData(nameof(CodesWithExamples))]
    public async Task The_wrong_example_causes_only_this_diagnostic(string code)
    {
        var generation = Generate(code, "Wrong");
        Assert.Equal([code], await Found(generation));
        Verify.NoErrorsInGeneratedText(generation);
    }

    [Theory]
    [MemberData(nameof(CodesWithExamples))]
    public async Task The_right_example_causes_no_diagnostic(string code)
    {
        var generation = Generate(code, "Right");
        Assert.Empty(await Found(generation));
        Verify.CSharpIsContent(generation);
    }

    [Fact]
    public void A_page_without_examples_says_why() =>
        Assert.All(WithoutExamples,
            static code =>
                Assert.Contains("This page has no example: ", File.ReadAllText(Path.Combine(Folder, $"{code}.md")), StringComparison.Ordinal));

    private static Generation Generate(string code, string heading)
    {
        var blocks = Blocks(code, heading);
        return blocks is [var library, var source] ? Generation.RunWithLibrary(library, source) : Generation.Run(Assert.Single(blocks));
    }

    private static async Task<IEnumerable<string>> Found(Generation generation)
    {
        Assert.Null(generation.Result.Exception);
        var calls = await generation.Output.WithAnalyzers([new DirectCalls(), new NeverReadMembers()]).GetAnalyzerDiagnosticsAsync();
        return generation.Diagnostics.Concat(calls).Select(static item => item.Id);
    }

    /// <summary>The code blocks under a heading. The first of two is another assembly.</summary>
    private static IReadOnlyList<string> Blocks(string code, string heading)
    {
        var page = File.ReadAllText(Path.Combine(Folder, $"{code}.md")).ReplaceLineEndings("\n");
        var section = page.Split("\n## ").Single(part => part.StartsWith(heading + "\n", StringComparison.Ordinal));
        return [.. section.Split("```").Where(static (_, i) => i % 2 == 1).Select(static block => block["csharp\n".Length..])];
    }
}
