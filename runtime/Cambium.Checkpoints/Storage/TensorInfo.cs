namespace Cambium.Checkpoints;

/// <summary>A checked entry of a file's list of tensors.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Storage of its elements.</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, counted from the beginning of the file.</param>
/// <param name="Bytes">How many bytes it has.</param>
public sealed record TensorInfo(string Name, ElementType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Bytes / Type.Bytes() * Type.Block();

    /// <summary>The shape as people write it.</summary>
    public string ShapeText => ShapeToText(Shape);

    internal static string ShapeToText(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
