using Xunit;

namespace Cambium.Runtime.Tests.Kernels;

/// <summary>Tests that run on each variant of a backend.</summary>
public abstract class KernelSuite<TBackend>
    where TBackend : IKernelBackend<TBackend>
{
    public static TheoryData<string> Variants => [.. TBackend.Variants];
}
