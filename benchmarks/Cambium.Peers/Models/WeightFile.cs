using LLama.Native;

namespace Cambium.Benchmarks;

/// <summary>A file of the random Llama in one storage type.</summary>
/// <param name="Name">The type as llama.cpp's users know it.</param>
/// <param name="Type">The type that llama.cpp's quantizer writes.</param>
internal sealed record WeightFile(string Name, LLamaFtype Type)
{
    public static WeightFile F32 { get; } = new("F32", LLamaFtype.ALL_F32);

    public static IReadOnlyList<WeightFile> All { get; } =
    [
        F32,
        new("F16", LLamaFtype.MOSTLY_F16),
        new("BF16", LLamaFtype.MOSTLY_BF16),
        new("Q8_0", LLamaFtype.MOSTLY_Q8_0),
        new("Q6_K", LLamaFtype.MOSTLY_Q6_K),
        new("Q5_K_M", LLamaFtype.MOSTLY_Q5_K_M),
        new("Q4_K_M", LLamaFtype.MOSTLY_Q4_K_M),
        new("Q4_0", LLamaFtype.MOSTLY_Q4_0),
    ];

    public override string ToString() => Name;
}
