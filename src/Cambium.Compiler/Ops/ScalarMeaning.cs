using Cambium.Compiler.Types;

namespace Cambium.Compiler.Ops;

/// <summary>A language that scalar expressions are printed in. A new target adds a column here and in <see cref="ScalarMeaning"/>.</summary>
public enum Dialect
{
    /// <summary>A SIMD register <c>V</c> of floats, inside a kernel.</summary>
    Lanes,

    /// <summary>One float: per row inside a kernel, or once when a checkpoint is loaded.</summary>
    Float,

    /// <summary>One int, when a checkpoint is loaded.</summary>
    Integer,

    /// <summary>One bool, when a checkpoint is loaded.</summary>
    Condition,
}

/// <summary>
/// The meaning of an op for numbers. A spelling is a template with <c>{0}</c>, <c>{1}</c>, .. for the arguments; null where the op has no
/// meaning in that dialect.
/// </summary>
public sealed record ScalarMeaning
{
    public string? Lanes { get; init; }

    public string? Float { get; init; }

    public string? Integer { get; init; }

    public string? Condition { get; init; }

    /// <summary>The op that replaces this one where all arguments are whole numbers; null for the op itself.</summary>
    public string? OnIntegers { get; init; }

    /// <summary>
    /// The value, in double precision, if the arguments determine it; true is 1. Null where the op is evaluated in f32 when a
    /// checkpoint is loaded, with the bits that a kernel gives.
    /// </summary>
    public Func<IReadOnlyList<double?>, double?>? Fold { get; init; }

    /// <summary>The result for sizes; null if it is not a size.</summary>
    public Func<IReadOnlyList<Size>, Size>? Sizes { get; init; }

    public string? this[Dialect dialect] => dialect switch
    {
        Dialect.Lanes => Lanes,
        Dialect.Float => Float,
        Dialect.Integer => Integer,
        Dialect.Condition => Condition,
        _ => throw new NotSupportedException($"{dialect} has no column"),
    };
}
