using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Scheduling;

/// <summary>The native memory that steps point to, for the largest step there can be. Committed by the system when first written.</summary>
internal sealed unsafe class StepBuffers : IDisposable
{
    private readonly void*[] _blocks = new void*[7];
    private int _count;

    public StepBuffers(int maxRows, int maxOutputs, int outputWidth, long arenaBytes)
    {
        MaxRows = maxRows;
        MaxOutputs = maxOutputs;
        LogitsStride = Stride(outputWidth);
        try
        {
            Tokens = (int*)Allocate(maxRows, sizeof(int));
            Positions = (int*)Allocate(maxRows, sizeof(int));
            SlotOfRow = (int*)Allocate(maxRows, sizeof(int));
            OutputRows = (int*)Allocate(maxOutputs, sizeof(int));
            ChunkOfRow = (float**)Allocate(maxRows, sizeof(float*));
            Logits = (float*)Allocate((long)maxOutputs * LogitsStride, sizeof(float));
            Arena = (byte*)Allocate(Math.Max(1, arenaBytes), 1);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    ~StepBuffers() => Release();

    public int MaxRows { get; }

    public int MaxOutputs { get; }

    public int LogitsStride { get; }

    public int* Tokens { get; }

    public int* Positions { get; }

    public int* SlotOfRow { get; }

    public int* OutputRows { get; }

    public float** ChunkOfRow { get; }

    public float* Logits { get; }

    public byte* Arena { get; }

    /// <summary>Bytes that buffers of these sizes take.</summary>
    public static long Bytes(int maxRows, int maxOutputs, int outputWidth, long arenaBytes) =>
        arenaBytes + ((long)maxOutputs * Stride(outputWidth) * sizeof(float)) + ((long)maxRows * 20) + (maxOutputs * 4L);

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    // Rows begin at cache lines, so that kernels may store whole vectors.
    private static int Stride(int width) => (width + 15) & ~15;

    private void* Allocate(long count, int size)
    {
        var bytes = checked((nuint)count * (nuint)size);
        var block = NativeMemory.AlignedAlloc(bytes, bytes < HugePages.Size ? 64 : (nuint)HugePages.Size);
        HugePages.Advise(block, bytes);
        return _blocks[_count++] = block;
    }

    private void Release()
    {
        while (_count > 0)
            NativeMemory.AlignedFree(_blocks[--_count]);
    }
}
