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
            if (WhyCopied(module, function, value, returns) is not { } why)
            {
                returns.Add(value);
                continue;
            }

            kernels.Add(CopyKernel.Of(value, types, why, out var copy));
            returns.Add(copy);
        }

        return function with { Kernels = kernels, Returns = returns, Types = types };
    }

    /// <param name="returns">The results before this one.</param>
    /// <returns>Null for a result that has a buffer of its own.</returns>
    private static string? WhyCopied(KernelModule module, KernelFunction function, int value, List<int> returns)
    {
        if (function.Parameters.Contains(value))
            return "the result is an input, whose buffer the caller still owns";
        if (returns.Contains(value))
            return "the function returns the value twice";
        if (!module.IsEntry(function))
            return null;
        if (function.Kernels.OfType<BranchKernel>().Any(branch => branch.Results.Contains(value)))
            return "both sides of a branch write the result to working memory";
        return function.Kernels.Any(kernel => kernel is MatmulKernel matmul && matmul.Input == value
            || kernel.Reads.Contains(value) && !kernel.Writes.Contains(value))
            ? "a kernel reads the result, and rows of the caller's memory have another stride than rows of working memory"
            : null;
    }
}
