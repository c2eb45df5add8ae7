using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>A loop overwrites the buffers of its carried operands. Operands that are read again later are copied before the loop.</summary>
internal static class CarryCopies
{
    public static KernelModule Run(KernelModule module) => module.Map(Run);

    private static KernelFunction Run(KernelFunction function)
    {
        var types = function.Types.ToDictionary(static pair => pair.Key, static pair => pair.Value);
        var kernels = new List<Kernel>();
        for (var i = 0; i < function.Kernels.Count; i++)
        {
            if (function.Kernels[i] is not LoopKernel loop)
            {
                kernels.Add(function.Kernels[i]);
                continue;
            }

            var operands = loop.Operands.ToList();
            for (var k = 0; k < loop.Results.Count; k++)
            {
                var operand = operands[k];
                var isReadAgain = function.Returns.Contains(operand) || operands.Where((_, other) => other != k).Contains(operand)
                    || function.Kernels.Skip(i + 1).Any(kernel => kernel.Reads.Contains(operand));
                if (!isReadAgain)
                    continue;
                kernels.Add(CopyKernel.Of(operand, types, $"the loop over {loop.Body} overwrites the value, which is read again", out var copy));
                operands[k] = copy;
            }

            kernels.Add(loop with { Operands = operands });
        }

        return function with { Kernels = kernels, Types = types };
    }
}
