namespace Cambium.Checkpoints;

/// <summary>A tensor's entry in a file, validated.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Storage of its elements.</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
/// <param name="Offset">Offset of its data from the start of the file, in bytes.</param>
/// <param name="Bytes">Size of its data, in bytes.</param>
public sealed record TensorInfo(string Name, ElementType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Bytes / Type.Bytes() * Type.Block();

    /// <summary>The shape as text, such as [2, 3].</summary>
    public string ShapeText => ShapeToText(Shape);

    internal static string ShapeToText(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
