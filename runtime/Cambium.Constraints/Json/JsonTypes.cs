namespace Cambium.Constraints;

/// <summary>The types of JSON Schema.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,

    /// <summary>A number with a fraction.</summary>
    Fraction = 8,
    String = 16,
    Array = 32,
    Object = 64,
    AnyNumber = Integer | Fraction,
    All = 127,
}
