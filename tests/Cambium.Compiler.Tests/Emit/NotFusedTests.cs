using Cambium.Compiler;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Xunit;

namespace Cambium.Compiler.Tests.Emit;

/// <summary>A kernel lists the reasons why its ops are not part of another kernel.</summary>
public sealed class NotFusedTests
{
    [Fact]
    public void A_norm_between_two_products_lists_why_it_joins_neither()
    {
        var kernels = KernelPipeline.Run(PassPipeline.Run(GraphParser.Parse("""
            module Apart
            dim Hidden = "hidden"
            weight Table "table" [5, Hidden]
            weight First "first" [Hidden, Hidden]
            weight Second "second" [Hidden, Hidden]
            func main(%0: i32[T]) -> %9 {
              %1: f32[5, Hidden] = weight {name=@Table}
              %2: f32[T, Hidden] = gather(%1, %0)
              %3: f32[Hidden, Hidden] = weight {name=@First}
              %4: f32[T, Hidden] = linear(%2, %3)
              %5: f32[T, Hidden] = softmax(%4)
              %6: f32[Hidden, Hidden] = weight {name=@Second}
              %7: f32[T, Hidden] = linear(%5, %6)
              %8: f32[T, Hidden] = add(%5, %4)
              %9: f32[T, Hidden] = add(%7, %8)
            }
            """)));

        var why = kernels.Main.Kernels.OfType<RowwiseKernel>().SelectMany(static kernel => kernel.NotFusedBecause).ToList();
        Assert.Contains("reduce_max not after the product with First: it needs the whole row, whose columns are computed by several threads", why);
        Assert.Contains("div not before the product with Second: its result is read elsewhere, too", why);
    }

    [Theory]
    [InlineData("%7", "results are whole rows")]
    [InlineData("%8", "Linear reads whole rows")]
    public void A_copy_lists_the_readers_that_need_it(string result, string why)
    {
        var kernels = KernelPipeline.Run(PassPipeline.Run(GraphParser.Parse($$"""
            module Copies
            dim Hidden = "hidden"
            weight Table "table" [5, 2 * Hidden]
            weight First "first" [Hidden, Hidden]
            func main(%0: i32[T]) -> {{result}} {
              %1: f32[5, 2 * Hidden] = weight {name=@Table}
              %2: f32[T, 2 * Hidden] = gather(%1, %0)
              %3: f32[T, Hidden] = slice(%2) {begin=0, count=Hidden}
              %4: f32[T, Hidden] = slice(%2) {begin=Hidden, count=Hidden}
              %5: f32[Hidden, Hidden] = weight {name=@First}
              %6: f32[T, Hidden] = linear(%3, %5)
              %7: f32[T, Hidden] = reshape(%4) {trailing=[Hidden]}
              %8: f32[T, Hidden] = add(%6, %7)
            }
            """)));

        Assert.Equal([why], kernels.Main.Kernels.SelectMany(static kernel => kernel.CopiesBecause));
    }
}
