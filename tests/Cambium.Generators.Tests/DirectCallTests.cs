using Cambium.Generators.Reporting;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The analyzer reports calls that throw at run time.</summary>
public sealed class DirectCallTests
{
    [Fact]
    public async Task A_call_outside_a_model_is_reported() => Assert.Equal(
        ["Silu(1f)", "layer.Forward(x)"],
        await Flagged("static class Use { static void Run(Sample.Layer layer, Tensor x) { Silu(1f); layer.Forward(x); } }"));

    [Fact]
    public async Task Calls_inside_models_and_blocks_are_not_reported() => Assert.Empty(await Flagged("class Nothing;"));

    private static async Task<IEnumerable<string>> Flagged(string source)
    {
        var generation = Generation.Run(Sample.Whole, source);
        Verify.CSharpIsContent(generation);
        var found = await generation.Output.WithAnalyzers([new DirectCalls()]).GetAnalyzerDiagnosticsAsync();
        return found.OrderBy(static item => item.Location.SourceSpan.Start).Select(static item =>
        {
            Assert.Equal("CMB020", item.Id);
            return item.Location.SourceTree!.GetText().ToString(item.Location.SourceSpan);
        });
    }
}
