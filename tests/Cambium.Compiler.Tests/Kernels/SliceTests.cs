using Cambium.Compiler.Kernels;
using Cambium.Compiler.Spec;
using Cambium.Tests.Specs;
using Xunit;

namespace Cambium.Tests.Kernels;

public sealed class SliceTests
{
    [Fact]
    public void A_fused_tensor_gives_the_kernels_of_three()
    {
        var apart = Compiled.Anonymous(
            Attention(static f => (f.Op("Linear", f["x"], f["Q"]), f.Op("Linear", f["x"], f["K"]), f.Op("Linear", f["x"], f["V"]))));
        var fused = Compiled.Anonymous(Attention(static f =>
        {
            Expression Run(int i) => f.Op("Slice", f.Op("Linear", f["x"], f["Qkv"]), f.Op("Multiply", f.Int(i), f["Hidden"]), f["Hidden"]);
            return (Run(0), Run(1), Run(2));
        }));

        Assert.Equal(apart, fused);
    }

    [Fact]
    public void A_tensor_interleaved_by_heads_gives_the_kernels_of_three()
    {
        var apart = Compiled.Anonymous(
            Attention(static f => (f.Op("Linear", f["x"], f["Q"]), f.Op("Linear", f["x"], f["K"]), f.Op("Linear", f["x"], f["V"]))));
        var spec = Attention(static f =>
        {
            Expression Run(int i) =>
                f.Op("Slice", f.Reshape(f.Op("Linear", f["x"], f["Qkv"]), f["Heads"], f.Op("Multiply", f.Int(3), f["Size"])),
                    f.Op("Multiply", f.Int(i), f["Size"]), f["Size"]);
            return (Run(0), Run(1), Run(2));
        });

        Assert.Equal(apart, Compiled.Anonymous(spec));
        Assert.Equal(
            ["(Hidden / Heads) of each 3*(Hidden / Heads) from 0", "(Hidden / Heads) of each 3*(Hidden / Heads) from (Hidden / Heads)",
                "(Hidden / Heads) of each 3*(Hidden / Heads) from 2*(Hidden / Heads)"],
            Compiled.Passed(spec).Weights.Where(static weight => weight.Begin is not null)
                .Select(static weight => $"{weight.GroupRows} of each {weight.RowStride} from {weight.Begin}"));
    }

    [Fact]
    public void Slices_of_one_tensor_have_their_offsets()
    {
        var weights = Compiled.Passed(Attention(static f =>
        {
            Expression Run(int i) => f.Op("Slice", f.Op("Linear", f["x"], f["Qkv"]), f.Op("Multiply", f.Int(i), f["Hidden"]), f["Hidden"]);
            return (Run(0), Run(1), Run(2));
        })).Weights;

        Assert.Equal(["0 of 3*Hidden", "Hidden of 3*Hidden", "2*Hidden of 3*Hidden"],
            weights.Where(static weight => weight.Begin is not null).Select(static weight => $"{weight.Begin} of {weight.WholeRows}"));
    }

    private static ModelSpec Attention(Func<BodyBuilder, (Expression Q, Expression K, Expression V)> products) => new SpecBuilder("Fused")
        .Dim("Hidden", "hidden").Dim("Heads", "heads").Dim("Vocab", "vocab").Dim("Size", null, "Hidden / Heads")
        .Weight("Table", "table", "Vocab, Hidden").Weight("Qkv", "qkv", "3 * Hidden, Hidden").Weight("Q", "q", "Hidden, Hidden")
        .Weight("K", "k", "Hidden, Hidden").Weight("V", "v", "Hidden, Hidden")
        .Forward(f =>
        {
            f.Set("x", f.Op("Gather", f["Table"], f["tokens"]));
            var (q, k, v) = products(f);
            f.Return(
                f.Reshape(f.Op("Attend", f.Reshape(q, f["Heads"], f["Size"]), f.Reshape(k, f["Heads"], f["Size"]),
                    f.Reshape(v, f["Heads"], f["Size"])), f["Hidden"]));
        })
        .Build();
}
