namespace Cambium.Checkpoints;

/// <summary>Types of metadata, with their numbers in the file.</summary>
internal enum GgufValueType
{
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    Float32,
    Bool,
    String,
    Array,
    UInt64,
    Int64,
    Float64,
}

/// <summary>Sizes of <see cref="GgufValueType"/>.</summary>
internal static class GgufValueTypes
{
    /// <summary>Bytes of a value; 0 if the size depends on the value.</summary>
    public static int Bytes(this GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };
}
