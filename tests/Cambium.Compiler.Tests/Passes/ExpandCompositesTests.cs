using Cambium.Compiler;
using Cambium.Compiler.Graph;
using Xunit;

namespace Cambium.Tests.Passes;

/// <summary>The ops that replace an op, in order.</summary>
public sealed class ExpandCompositesTests
{
    [Theory]
    [InlineData("rms_norm(%3, %1, %2)", "square mean add rsqrt mul")]
    [InlineData("rms_norm(%3, %4, %2)", "square mean add rsqrt mul mul")]
    [InlineData("layer_norm(%3, %1, %0, %2)", "mean sub square mean add rsqrt mul")]
    [InlineData("layer_norm(%3, %4, %0, %2)", "mean sub square mean add rsqrt mul mul")]
    [InlineData("layer_norm(%3, %1, %4, %2)", "mean sub square mean add rsqrt mul add")]
    [InlineData("softmax(%3)", "reduce_max sub exp sum div")]
    [InlineData("clamp(%3, %0, %1)", "max min")]
    [InlineData("pow(%3, %1)", "")]
    [InlineData("pow(%3, %5)", "square")]
    [InlineData("pow(%3, %6)", "rsqrt")]
    [InlineData("pow(%3, %2)", "pow")]
    public void An_op_expands_to_these_ops(string op, string expected)
    {
        var module = GraphParser.Parse($$"""
            module M
            weight Table "table" [5, 7]
            weight Vector "vector" [7]

            func main(%9: i32[T]) -> %8 {
              %0: f32[] = scalar {value=0.0}
              %1: f32[] = scalar {value=1.0}
              %2: f32[] = scalar {value=0.25}
              %5: f32[] = scalar {value=2.0}
              %6: f32[] = scalar {value=-0.5}
              %4: f32[7] = weight {name=@Vector}
              %7: f32[5, 7] = weight {name=@Table}
              %3: f32[T, 7] = gather(%7, %9)
              %8: f32[T, 7] = {{op}}
            }

            """);
        Verifier.Verify(module);

        var expanded = PassPipeline.Passes.Single(static pass => pass.Name == "expand-composites").Run(module);

        Verifier.Verify(expanded);
        var ops = expanded.Main.Nodes.Select(static node => node.Op).Where(static op => op is not ("scalar" or "weight" or "gather"));
        Assert.Equal(expected, string.Join(" ", ops));
    }
}
