using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Copies four kinds of results to buffers of their own: a parameter, a value that is returned twice, a result of an entry point that a branch writes
/// (both sides of a branch write to working memory), and a result of an entry point that a kernel reads (the rows of the caller's memory have another
/// stride than the rows of working memory).
/// </summary>
internal static class CopyReturns
{
    public static KernelModule Run(KernelModule module) => module.Map(function => Run(module, function));

    private static KernelFunction Run(KernelModule module, KernelFunction function)
    {
        var types = function.Types.ToDictionary(static pair => pair.Key, static pair => pair.Value);
        var kernels = function.Kernels.ToList();
        var returns = new List<int>();
        foreach (var value in function.Returns)
        {
            var isInArena = module.IsEntry(function) && function.Kernels.Any(kernel => kernel switch
            {
                BranchKernel branch when branch.Results.Contains(value) => true,
                MatmulKernel matmul when matmul.Input == value => true,
                _ => kernel.Reads.Contains(value) && !kernel.Writes.Contains(value),
            });
            if (!function.Parameters.Contains(value) && !returns.Contains(value) && !isInArena)
            {
                returns.Add(value);
                continue;
            }

            kernels.Add(CopyKernel.Of(value, types, out var copy));
            returns.Add(copy);
        }

        return function with { Kernels = kernels, Returns = returns, Types = types };
    }
}
