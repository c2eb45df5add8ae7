using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>Kernels that copy a buffer.</summary>
internal static class CopyKernel
{
    /// <summary>Adds a value of the same type, and makes the kernel that copies to it.</summary>
    public static RowwiseKernel Of(int value, Dictionary<int, TensorType> types, out int copy)
    {
        copy = types.Keys.Max() + 1;
        var type = types[copy] = types[value];
        return new RowwiseKernel(type.Shape[0],
            RowProgramBuilder.Copy(type.Width, new Place.Buffer(value), new Place.Buffer(copy))) { Fused = ["copy"] };
    }
}
