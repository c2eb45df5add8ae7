using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// The cost of a kernel, as polynomials over the dims, <c>T</c> rows and <c>S</c> outputs. Attention's own work depends on the tree and is not in it.
/// </summary>
/// <param name="Flops">Floating-point operations.</param>
/// <param name="WeightBytes">Bytes of weights that it reads once.</param>
public sealed record Cost(Size Flops, Size WeightBytes)
{
    private static readonly Size Zero = Size.Constant(0);

    public static Cost Of(KernelModule module, Kernel kernel) => kernel switch
    {
        GatherKernel gather => new(Size.Rows * Of(gather.After), Size.Constant(4) * Size.Rows * module.Module.Weight(gather.Table).Shape[1]),
        RowwiseKernel rowwise => new(rowwise.Rows * Of(rowwise.Program), Zero),
        MatmulKernel matmul => Of(matmul),
        BranchKernel branch => Both(module, branch),
        LoopKernel loop => Times(loop.Count, module[loop.Body].Kernels.Select(inner => Of(module, inner))),
        _ => new(Zero, Zero),
    };

    private static Cost Of(MatmulKernel matmul)
    {
        var weights = matmul.Segments.Aggregate(Zero, (sum, segment) => sum + (Size.Constant(segment.Parts.Count) * segment.Outputs * matmul.Inputs));
        var flops = (Size.Constant(2) * weights) + Of(matmul.Prologue);
        foreach (var segment in matmul.Segments)
            flops += Of(segment.Epilogue, segment.Outputs);
        return new(matmul.Rows * flops, Size.Constant(4) * weights);
    }

    // Only a checkpoint decides which side runs, so the cost counts both.
    private static Cost Both(KernelModule module, BranchKernel branch) =>
        Times(Size.One, module[branch.Then].Kernels.Concat(module[branch.Else].Kernels).Select(inner => Of(module, inner)));

    private static Cost Times(Size count, IEnumerable<Cost> costs)
    {
        var (flops, bytes) = (Zero, Zero);
        foreach (var cost in costs)
            (flops, bytes) = (flops + cost.Flops, bytes + cost.WeightBytes);
        return new(count * flops, count * bytes);
    }

    private static Size Of(RowProgram? program, Size? columns = null)
    {
        if (program is null)
            return Zero;
        var elements = columns ?? (program.Groups * program.Width!);
        var each = 0;
        foreach (var stage in program.Stages)
        {
            each += stage switch
            {
                RowStage.Elements pass => pass.Lets.Select(static let => let.Value)
                    .Concat(pass.Accumulates.Select(static accumulate => accumulate.Value)).Concat(pass.Writes.Select(static write => write.Value))
                    .SelectMany(static value => value.Walk()).OfType<ScalarExpression.Apply>()
                    .Sum(static apply => OpCatalog.Find(apply.Op)?.FlopsPerElement ?? 0) + pass.Accumulates.Count,
                RowStage.Rotate => OpCatalog.Get("rotate").FlopsPerElement,
                _ => 0,
            };
        }

        return program.Stages.OfType<RowStage.Multiply>().Aggregate(Size.Constant(each) * elements,
            static (sum, product) => sum + (Size.Constant(2) * product.Batch * product.N * product.K * product.M));
    }
}
