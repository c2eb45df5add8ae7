namespace Cambium.Checkpoints;

/// <summary>A tensor's entry in a file, validated.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Storage of its elements.</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
/// <param name="Offset">Offset of its data from the start of the file, in bytes.</param>
/// <param name="Bytes">Size of its data, in bytes.</param>
public sealed record TensorInfo(string Name, ElementType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>The dtype's name in the file if <see cref="Type"/> is <see cref="ElementType.Unknown"/>.</summary>
    public string? UnknownType { get; init; }

    /// <summary>The dtype's name in the file.</summary>
    public string TypeName => UnknownType ?? Type.Name();

    /// <summary>Number of elements; of an unknown type the number of bytes.</summary>
    public long Elements => Bytes / Type.Bytes() * Type.Block();

    /// <summary>The shape as text, such as [2, 3].</summary>
    public string ShapeText => ShapeToText(Shape);

    internal static string ShapeToText(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
