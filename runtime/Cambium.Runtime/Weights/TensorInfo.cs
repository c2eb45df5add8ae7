namespace Cambium.Runtime.Weights;

/// <summary>A checked entry of a safetensors header.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Storage of its elements.</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, counted from the beginning of the file.</param>
/// <param name="Bytes">How many bytes it has: the product of the shape times the element's width.</param>
public sealed record TensorInfo(string Name, ElementType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Bytes / Type.Bytes();

    /// <summary>The shape as people write it.</summary>
    public string ShapeText => ShapeToText(Shape);

    internal static string ShapeToText(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
