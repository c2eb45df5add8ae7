using Cambium.Compiler.Spec;
using Cambium.Generators.Linking;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The assertions of the tests.</summary>
internal static class Verify
{
    /// <summary>Exactly the marked diagnostics are reported, and C# reports nothing.</summary>
    public static void Diagnostics(string marked, bool csharpReportsToo = false)
    {
        var source = Marked.Parse(marked);
        var generation = Generation.Run(source.Text);
        Assert.Null(generation.Result.Exception);
        var expected = source.Expected.Select(static item => $"{item.Code} at {item.Start}: {item.Text}");
        string TextOf(Diagnostic item) => source.Text.Substring(item.Location.SourceSpan.Start, item.Location.SourceSpan.Length);
        var actual = generation.Diagnostics.Select(item => $"{item.Id} at {item.Location.SourceSpan.Start}: {TextOf(item)}");
        var messages = generation.Diagnostics
            .Select(item => $"{item.Id} at {item.Location.SourceSpan.Start}: {item.GetMessage()} <<{TextOf(item)}>>");
        Assert.True(
            expected.SequenceEqual(actual), $"Expected:\n{string.Join("\n", expected)}\nActual:\n{string.Join("\n", messages)}");
        if (csharpReportsToo)
            NoErrorsInGeneratedText(generation);
        else
            CSharpIsContent(generation);
    }

    /// <summary>The message of the only diagnostic.</summary>
    public static string Message(string source) =>
        Assert.Single(Generation.Run(Marked.Parse(source).Text).Diagnostics).GetMessage(System.Globalization.CultureInfo.InvariantCulture);

    public static Generation Clean(params IReadOnlyList<string> sources)
    {
        var generation = Generation.Run(sources);
        Assert.Null(generation.Result.Exception);
        Assert.True(generation.Diagnostics.Count == 0, string.Join("\n", generation.Diagnostics));
        CSharpIsContent(generation);
        return generation;
    }

    /// <summary>The spec of the only model of a source.</summary>
    public static ModelSpec Spec(string source)
    {
        var generation = Generation.Run(source);
        var model = Assert.Single(generation.Outputs<LinkedModel>(StepNames.Link));
        Assert.False(model.HasErrors, string.Join("\n", generation.Diagnostics));
        CSharpIsContent(generation);
        return model.Spec;
    }

    /// <summary>Compares the printed statements of the model's Forward.</summary>
    public static void Forward(string source, string expected) => Assert.Equal(
        expected.ReplaceLineEndings("\n").Trim(),
        SpecText.Of(Spec(source).Root.Functions.Single(static function => function.Name == "Forward").Body).Trim());

    public static void CSharpIsContent(Generation generation) => Assert.Empty(generation.CSharp.Select(static item => item.ToString()));

    public static void NoErrorsInGeneratedText(Generation generation) =>
        Assert.Empty(
            generation.CSharp.Where(static item => item.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true)
                .Select(static item => item.ToString()));
}
