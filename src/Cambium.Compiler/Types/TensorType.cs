using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Types;

/// <summary>Element types of values.</summary>
public enum DType
{
    F32,
    I32,
}

/// <summary>
/// Type of a value. Values of a step have <see cref="Size.Rows"/> or <see cref="Size.Outputs"/> as their first size. Parameters have neither.
/// Scalars have no sizes.
/// </summary>
public sealed record TensorType(DType DType, EquatableArray<Size> Shape)
{
    public static TensorType F32(params Size[] shape) => new(DType.F32, shape.ToEquatableArray());

    public int Rank => Shape.Count;

    /// <summary>Whether the first axis is the rows of a step.</summary>
    public bool IsRows => Rank > 0 && (Shape[0] == Size.Rows || Shape[0] == Size.Outputs);

    /// <summary>Axes of one row, or of the whole parameter.</summary>
    public IEnumerable<Size> RowShape => IsRows ? Shape.Skip(1) : Shape;

    /// <summary>Values in one row, or in the whole parameter.</summary>
    public Size Width => Size.Product(RowShape);

    public Size Last => Rank == 0 ? Size.One : Shape[Rank - 1];

    /// <summary>Whether the types are equal where no division of their sizes leaves a remainder.</summary>
    public bool AgreesWith(TensorType other) =>
        DType == other.DType && Rank == other.Rank && Shape.Zip(other.Shape, Size.AgreeIfExact).All(static agree => agree);

    public TensorType WithLast(Size last) => this with { Shape = Shape.Take(Rank - 1).Append(last).ToEquatableArray() };

    public TensorType WithRows(Size rows) => this with { Shape = Shape.Skip(1).Prepend(rows).ToEquatableArray() };

    /// <summary>For example <c>f32[T, Heads, HeadDim]</c>.</summary>
    public override string ToString() => $"{(DType == DType.F32 ? "f32" : "i32")}[{string.Join(", ", Shape)}]";
}
