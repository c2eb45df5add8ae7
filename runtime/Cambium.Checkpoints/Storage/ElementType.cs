namespace Cambium.Checkpoints;

/// <summary>
/// Storage type of a tensor's elements in a file. All have a known size; <see cref="FloatConversion"/> reads some of them as numbers.
/// </summary>
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

    // Quantized types of GGUF, in the order of BlockFormats.All.
    Q8_0,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q2_K,
    Q3_K,
    Q4_K,
    Q5_K,
    Q6_K,
    IQ4_NL,
    IQ4_XS,
    MXFP4,
    TQ1_0,
    TQ2_0,
    IQ1_S,
    IQ1_M,
    IQ2_XXS,
    IQ2_XS,
    IQ2_S,
    IQ3_XXS,
    IQ3_S,

    /// <summary>A dtype of a newer format. Its elements have no known size, and it cannot be read.</summary>
    Unknown,
}

/// <summary>Names and sizes of <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    private static readonly (string Name, int Bytes, int Block)[] Table =
    [
        ("BOOL", 1, 1), ("U8", 1, 1), ("I8", 1, 1), ("F8_E5M2", 1, 1), ("F8_E4M3", 1, 1), ("I16", 2, 1), ("U16", 2, 1), ("F16", 2, 1), ("BF16", 2, 1),
        ("I32", 4, 1), ("U32", 4, 1), ("F32", 4, 1), ("F64", 8, 1), ("I64", 8, 1), ("U64", 8, 1),
        .. BlockFormats.All.Select(static format => (format.Name, format.Bytes, format.Inputs)),
        ("unknown", 1, 1),
    ];

    /// <summary>All names of safetensors, for messages.</summary>
    public static string All => string.Join(", ", OfSafetensors.Select(static row => row.Name));

    private static IEnumerable<(string Name, int Bytes, int Block)> OfSafetensors => Table[..(int)ElementType.Q8_0];

    /// <summary>The name in the file; see <see cref="TensorInfo.TypeName"/> for unknown types.</summary>
    public static string Name(this ElementType type) => Table[(int)type].Name;

    /// <summary>The quantized blocks of a type; null for types that are not quantized.</summary>
    internal static BlockFormat? Blocks(this ElementType type) =>
        type is >= ElementType.Q8_0 and < ElementType.Unknown ? BlockFormats.All[type - ElementType.Q8_0] : null;

    /// <summary>Elements of one block; 1 for types that are not quantized.</summary>
    public static int Block(this ElementType type) => Table[(int)type].Block;

    /// <summary>Bytes of one block.</summary>
    public static int Bytes(this ElementType type) => Table[(int)type].Bytes;

    /// <summary>Bytes of a number of elements, which has to be whole blocks.</summary>
    public static long BytesOf(this ElementType type, long elements) => elements / type.Block() * type.Bytes();

    /// <summary>Finds a type of safetensors by its name in the file.</summary>
    public static bool TryParse(string name, out ElementType type)
    {
        int index = Array.FindIndex(Table, 0, (int)ElementType.Q8_0, row => row.Name == name);
        type = (ElementType)Math.Max(index, 0);
        return index >= 0;
    }
}
