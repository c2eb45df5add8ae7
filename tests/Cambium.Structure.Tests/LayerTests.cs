using Xunit;

namespace Cambium.Structure.Tests;

/// <summary>References between folders go down only.</summary>
public sealed class LayerTests
{
    [Fact]
    public void Compiler_and_generator_refer_down() => Check(Layers.CompilerAndGenerator);

    [Fact]
    public void Runtime_refers_down() => Check(Layers.Runtime);

    [Fact]
    public void Tool_refers_down() => Check(Layers.Tool);

    private static void Check(Layering layering)
    {
        var errors = layering.Errors();
        Assert.True(errors.Count == 0, string.Join('\n', errors.Take(40)));
    }
}
