using Cambium.Compiler.Graph;

namespace Cambium.Compiler.Passes;

/// <summary>A pass takes a module and returns a module.</summary>
public sealed record Pass(string Name, string Summary, Func<Module, Module> Run);

/// <summary>The passes in their order. What comes after them (fusion into kernels, the arena) is in <c>Kernels/</c>.</summary>
public static class PassPipeline
{
    public static IReadOnlyList<Pass> Passes { get; } =
    [
        // Before anything looks at a loop's operands.
        new("resolve-captures", "Loops are handed only what they read and cannot make themselves.", ResolveCaptures.Run),

        // Norms and biases become the elementwise ops and reductions that fusion understands.
        new("expand-composites", "Norms and biases in terms of simpler ops.", ExpandComposites.Run),

        // Behind the expansion, which makes biases elementwise, and before anything looks for products.
        new("push-slices", "Runs of a result are taken where it is made.", PushSlices.Run),

        // Behind the slices, which take runs of weights where they are: those are read, not computed.
        new("compute-parameters", "What follows from weights, dims and options becomes a weight of its own.", ComputeParameters.Run),

        // What attention reads from the tree is stored by nodes of their own, which can join the epilogue of the product that makes it.
        new("split-attention", "Appending keys and values becomes ops of their own.", SplitAttention.Run),

        // Only the rows whose result is wanted go through what follows the last op that mixes rows.
        new("narrow-outputs", "Rows are selected as early as possible.", NarrowOutputs.Run),

        // Behind the selection, which reaches into both sides, and before what a side is handed has to be whole.
        new("outline-choices", "Of a choice with products or attention only the side that is taken is computed.", OutlineChoices.Run),

        // Behind whatever takes runs apart: what is left of them and does not fit its reader is copied.
        new("materialise-runs", "Runs of rows are copied where an op needs whole ones.", MaterialiseRuns.Run),

        // Last, so that no other pass leaves dead nodes or an order of its own behind.
        new("order-canonically", "Nodes in depth-first order from the results; unused and repeated ones go.", OrderCanonically.Run),
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

    /// <summary>Applies a change of one function to each function of a module.</summary>
    internal static Module Each(Module module, Func<Function, Function> change) => module with { Functions = [.. module.Functions.Select(change)] };
}
