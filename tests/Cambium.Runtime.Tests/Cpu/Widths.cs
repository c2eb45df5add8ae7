using Cambium.Runtime.Cpu;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

/// <summary>Calls kernels with each vector width that this machine has, in addition to the chosen one.</summary>
internal static unsafe class Widths
{
    public static IEnumerable<int> Supported
    {
        get
        {
            yield return 4;
            if (Lanes256.IsSupported)
                yield return 8;
            if (Lanes512.IsSupported)
                yield return 16;
        }
    }

    public static TheoryData<int> All => [.. Supported];

    public static void Rowwise<TKernel>(int width, Team team, int rows, TKernel kernel)
        where TKernel : struct, IRowKernel
    {
        switch (width)
        {
            case 16:
                Runtime.Cpu.Rowwise.Run<Lanes512, TKernel>(team, rows, kernel);
                break;
            case 8:
                Runtime.Cpu.Rowwise.Run<Lanes256, TKernel>(team, rows, kernel);
                break;
            default:
                Runtime.Cpu.Rowwise.Run<Lanes128, TKernel>(team, rows, kernel);
                break;
        }
    }

    public static void Matmul<TPrologue, TEpilogue>(
        int width, Team team, PackedWeights weights, int rows, float* x, int stride, TPrologue prologue, TEpilogue epilogue)
        where TPrologue : struct, IPrologue
        where TEpilogue : struct, IEpilogue
    {
        switch (width)
        {
            case 16:
                Runtime.Cpu.Matmul.Run<Lanes512, TPrologue, TEpilogue>(team, weights, rows, x, stride, prologue, epilogue);
                break;
            case 8:
                Runtime.Cpu.Matmul.Run<Lanes256, TPrologue, TEpilogue>(team, weights, rows, x, stride, prologue, epilogue);
                break;
            default:
                Runtime.Cpu.Matmul.Run<Lanes128, TPrologue, TEpilogue>(team, weights, rows, x, stride, prologue, epilogue);
                break;
        }
    }

    public static void Attend<TScore>(
        int width, Step step, int layer, float* q, int qStride, float* result, int resultStride, AttendShape shape, TScore score, float* sinks = null)
        where TScore : struct, IScore
    {
        switch (width)
        {
            case 16:
                Runtime.Cpu.Attend.Run<Lanes512, TScore>(step, 0, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
            case 8:
                Runtime.Cpu.Attend.Run<Lanes256, TScore>(step, 0, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
            default:
                Runtime.Cpu.Attend.Run<Lanes128, TScore>(step, 0, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
        }
    }
}
