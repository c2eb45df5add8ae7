using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>How many bytes values take in memory.</summary>
internal static class ElementBytes
{
    /// <summary>Bytes of one element.</summary>
    public static Size Of(DType type) => Size.Constant(type switch
    {
        DType.F32 or DType.I32 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no size"),
    });

    /// <summary>Bytes of one row.</summary>
    public static Size RowBytes(this TensorType type) => Of(type.DType) * type.Width;
}
