namespace Cambium.Runtime.Weights;

/// <summary>How a tensor's elements are stored in a safetensors file. Only some of them can be read as numbers here; all have a known width.</summary>
public enum ElementType
{
    Bool,
    U8,
    I8,
    F8E5M2,
    F8E4M3,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

/// <summary>Names and widths of <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    private static readonly (string Name, int Bytes)[] Table =
    [
        ("BOOL", 1), ("U8", 1), ("I8", 1), ("F8_E5M2", 1), ("F8_E4M3", 1), ("I16", 2), ("U16", 2), ("F16", 2), ("BF16", 2),
        ("I32", 4), ("U32", 4), ("F32", 4), ("F64", 8), ("I64", 8), ("U64", 8),
    ];

    /// <summary>All names, for messages.</summary>
    public static string All => string.Join(", ", Table.Select(static row => row.Name));

    /// <summary>The name in the file.</summary>
    public static string Name(this ElementType type) => Table[(int)type].Name;

    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this ElementType type) => Table[(int)type].Bytes;

    /// <summary>Finds a type by its name in the file.</summary>
    public static bool TryParse(string name, out ElementType type)
    {
        int index = Array.FindIndex(Table, row => row.Name == name);
        type = (ElementType)Math.Max(index, 0);
        return index >= 0;
    }
}
