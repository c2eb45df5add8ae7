using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>Kernels that copy a buffer.</summary>
internal static class CopyKernel
{
    /// <summary>Adds a value of the same type, and makes the kernel that copies to it.</summary>
    /// <param name="because">Why the value is copied.</param>
    public static RowwiseKernel Of(int value, Dictionary<int, TensorType> types, string because, out int copy)
    {
        copy = types.Keys.Max() + 1;
        var type = types[copy] = types[value];
        var program = RowProgramBuilder.Copy(type.Width, new Place.Buffer(value), new Place.Buffer(copy));
        return new RowwiseKernel(type.Shape[0], program) { CopiesBecause = [because] };
    }
}
