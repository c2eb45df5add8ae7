namespace Cambium.Checkpoints;

/// <summary>GGUF's numbers of storage types.</summary>
internal static class GgufTypes
{
    /// <summary>The types that can be read, for messages.</summary>
    public static string Supported { get; } = $"F32, F16, BF16, {string.Join(", ", BlockFormats.All[..^1].Select(static format => format.Name))} or "
        + BlockFormats.All[^1].Name;

    // Types 4, 5, 31 to 33 and 36 to 38 are removed formats.
    private static readonly string[] Names =
    [
        "F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS",
        "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16", "Q4_0_4_4",
        "Q4_0_4_8", "Q4_0_8_8", "TQ1_0", "TQ2_0", "IQ4_NL_4_4", "IQ4_NL_4_8", "IQ4_NL_8_8", "MXFP4", "NVFP4", "Q1_0", "Q2_0",
    ];

    /// <summary>The type with this number; null for a type that cannot be read.</summary>
    public static ElementType? Find(uint code) => code switch
    {
        0 => ElementType.F32,
        1 => ElementType.F16,
        30 => ElementType.BF16,
        _ => Array.FindIndex(BlockFormats.All, format => format.Number == code) is >= 0 and var index ? ElementType.Q8_0 + index : null,
    };

    public static string NameOf(uint code) => code < Names.Length ? Names[code] : $"type {code}";
}
