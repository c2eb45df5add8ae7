using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Passes;

namespace Cambium.Compiler;

/// <summary>A pass takes a module and returns a module.</summary>
public sealed record Pass(string Name, string Summary, Func<Module, Module> Run);

/// <summary>The graph passes in their order. Later steps (fusion into kernels, the arena) are in <c>Kernels/</c>.</summary>
public static class PassPipeline
{
    public static IReadOnlyList<Pass> Passes { get; } =
    [
        // First, so that later passes see only the loop operands that are needed.
        new("resolve-captures", "Loops get only the operands that they read and cannot compute themselves.", ResolveCaptures.Run),

        // Norms and biases become the elementwise ops and reductions that fusion understands.
        new("expand-composites", "Norms and biases in terms of simpler ops.", ExpandComposites.Run),

        // After the expansion, which makes biases elementwise, and before any pass looks for products.
        new("push-slices", "A slice of a result is taken where the result is computed.", PushSlices.Run),

        // After push-slices: a slice of a weight is read from the checkpoint, not computed.
        new("compute-parameters", "A value that depends on weights, dims and options only becomes a computed weight.", ComputeParameters.Run),

        // The appends are nodes, so that they can join the epilogue of the product that makes the keys and values.
        new("split-attention", "Appending keys and values to the KV cache becomes ops of their own.", SplitAttention.Run),

        // The final norm and the head run for the wanted rows only.
        new("narrow-outputs", "Rows are selected as early as possible.", NarrowOutputs.Run),

        // After narrow-outputs, which must see both sides, and before materialise-slices, which requires whole rows as operands of a side.
        new("outline-choices", "A choice with products or attention runs only the side that is taken.", OutlineChoices.Run),

        // After every pass that takes slices: a slice that its reader cannot read in place is copied.
        new("materialise-slices", "Slices of rows are copied where an op needs whole rows.", MaterialiseSlices.Run),

        // Last, because other passes leave dead nodes and an arbitrary order.
        new("order-canonically", "Nodes in depth-first order from the results, without unused and repeated ones (CSE).", OrderCanonically.Run),
    ];

    /// <summary>Runs every pass.</summary>
    /// <param name="after">Sees the module after each pass, for tests and dumps.</param>
    public static Module Run(Module module, Action<Pass, Module>? after = null)
    {
        foreach (var pass in Passes)
        {
            module = pass.Run(module);
            after?.Invoke(pass, module);
        }

        return module;
    }
}
