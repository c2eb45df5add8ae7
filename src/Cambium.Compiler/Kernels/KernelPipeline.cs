using Cambium.Compiler.Graph;

namespace Cambium.Compiler.Kernels;

/// <summary>A kernel pass takes kernels and returns kernels.</summary>
public sealed record KernelPass(string Name, string Summary, Func<KernelModule, KernelModule> Run);

/// <summary>The kernel passes in their order. They run after the passes over the graph; what follows them is <c>Plan/</c>.</summary>
public static class KernelPipeline
{
    public static IReadOnlyList<KernelPass> Passes { get; } =
    [
        // First: there are no kernels before it. Fusion, then the stages of each slot's program.
        new("fuse", "Nodes become skeletons with programs in their slots.", static module => KernelBuilder.Build(module.Module)),

        // Before slots are assigned: a result needs a buffer of its own.
        new("copy-returns",
            "A result that is a parameter, another result, made by a branch or read by a kernel gets a buffer of its own.", CopyReturns.Run),

        // Before slots are assigned. After copy-returns, because its copies read operands that a loop may carry.
        new("carry-copies", "A loop overwrites its carried operands: those that are read again are copied.", CarryCopies.Run),

        // After every pass that adds buffers, except the next.
        new("color-arena", "Each buffer gets a slot of the entry point's working memory.", ColorArena.Run),

        // After the slots are known: most results are already where the caller reads them, and need no copy.
        new("place-returns", "The results of a body move to the slots where its caller reads them.", PlaceReturns.Run),
    ];

    /// <summary>Runs every pass.</summary>
    /// <param name="after">Sees the kernels after each pass, for tests and dumps.</param>
    /// <exception cref="UnsupportedGraphException">An op has no kernel at this place in the model.</exception>
    public static KernelModule Run(Module module, Action<KernelPass, KernelModule>? after = null)
    {
        var kernels = new KernelModule(module, []);
        foreach (var pass in Passes)
        {
            kernels = pass.Run(kernels);
            after?.Invoke(pass, kernels);
        }

        return kernels;
    }
}
