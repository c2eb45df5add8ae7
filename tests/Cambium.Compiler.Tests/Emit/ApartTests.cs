using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Passes;
using Xunit;

namespace Cambium.Compiler.Tests.Emit;

/// <summary>What could not be fused says why.</summary>
public sealed class ApartTests
{
    [Fact]
    public void A_norm_says_why_it_is_neither_behind_the_one_product_nor_before_the_other()
    {
        var kernels = ModelCompiler.Plan(PassPipeline.Run(GraphParser.Parse("""
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
            """))).Module;

        var why = kernels.Main.Kernels.OfType<RowwiseKernel>().SelectMany(static kernel => kernel.Apart).ToList();
        Assert.Contains("reduce_max not behind the product with First: it needs the whole row, whose columns several threads make", why);
        Assert.Contains("div not before the product with Second: its result is read elsewhere, too", why);
    }
}
