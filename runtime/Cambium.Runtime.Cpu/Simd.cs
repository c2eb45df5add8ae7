using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// The instruction set that kernels run with, chosen once: the widest that the machine has, or a narrower one named by the environment
/// variable <c>CAMBIUM_SIMD</c> (512, 256 or 128). Entry points switch on <see cref="Width"/>; hot methods never read it.
/// </summary>
public static class Simd
{
    // Not thrown by the initializer: the exception would arrive wrapped in a TypeInitializationException.
    private static readonly (int Width, string? Refusal) s_choice = Choose(Environment.GetEnvironmentVariable("CAMBIUM_SIMD"));

    /// <summary>Lanes of one register: 16, 8 or 4.</summary>
    /// <exception cref="PlatformNotSupportedException">
    /// The processor has no fused multiply-add, or the environment variable has another value.
    /// </exception>
    public static int Width => s_choice.Refusal is null ? s_choice.Width : throw new PlatformNotSupportedException(s_choice.Refusal);

    /// <summary>Floats of one panel of packed weights, keys or values: two registers.</summary>
    public static int PanelWidth => 2 * Width;

    public static string Name => Width switch
    {
        16 => "AVX-512",
        8 => "AVX2",
        _ => System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported ? "NEON" : "FMA, 128 bits",
    };

    internal static (int Width, string? Refusal) Choose(string? wanted)
    {
        var limit = wanted switch
        {
            null or "" or "512" => 16,
            "256" => 8,
            "128" => 4,
            _ => 0,
        };
        if (limit == 0)
            return (0, $"CAMBIUM_SIMD is '{wanted}'; it must be 512, 256 or 128, or not be set.");
        if (limit >= 16 && Lanes512.IsSupported)
            return (16, null);
        if (limit >= 8 && Lanes256.IsSupported)
            return (8, null);
        if (Lanes128.IsSupported)
            return (4, null);
        // Under NativeAOT the compile-time baseline decides: without AVX in it IsSupported is false for all wider sets on any processor.
        if (!RuntimeFeature.IsDynamicCodeCompiled && RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            return (0, "This program was compiled natively without AVX, which Cambium's CPU kernels need. "
                + "Set <IlcInstructionSet>x86-64-v3</IlcInstructionSet> in its project (or x86-64-v4, or native for the build machine) "
                + "and publish it again.");
        }

        return (0, "Cambium's CPU kernels need a fused multiply-add (the FMA extension on x64, or ARM64); this processor has none. "
            + "Run on a machine from 2013 or later.");
    }
}
