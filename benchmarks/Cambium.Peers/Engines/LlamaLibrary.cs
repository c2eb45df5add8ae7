using System.Reflection;
using System.Runtime.InteropServices;
using LLama.Native;

namespace Cambium.Benchmarks;

/// <summary>The native library of llama.cpp that LLamaSharp chooses for this processor.</summary>
internal static class LlamaLibrary
{
    /// <summary>Loads it.</summary>
    /// <returns>Its instruction set and version, as llama.cpp reports them.</returns>
    public static LlamaBuild Load()
    {
        // The library otherwise writes its log to standard error.
        NativeLibraryConfig.All.WithLogCallback(static (_, _) => { });
        NativeApi.llama_empty_call();
        var system = Marshal.PtrToStringUTF8(NativeApi.llama_print_system_info()) ?? "";
        return new LlamaBuild(
            NativeApi.GetLoadedNativeLibrary(NativeLibraryName.LLama)?.Metadata?.AvxLevel.ToString() ?? "unknown",
            typeof(LlamaLibrary).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static pair => pair.Key == "LLamaSharp").Value!,
            system.Trim());
    }
}

/// <param name="Library">The variant: Avx2, Avx512, ...</param>
/// <param name="LlamaSharp">Version of LLamaSharp.</param>
/// <param name="System">Instruction sets and options, as llama.cpp reports them.</param>
internal sealed record LlamaBuild(string Library, string LlamaSharp, string System);
