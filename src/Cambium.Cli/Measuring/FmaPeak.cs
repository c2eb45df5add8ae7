using System.Runtime.CompilerServices;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Measuring;

/// <summary>Fused multiply-adds in registers: the upper limit of FLOP/s for any kernel.</summary>
internal static unsafe class FmaPeak
{
    private const int ChainCount = 12;
    private const int Rounds = 40_000;
    private const int ItemsPerThread = 8;

    public static double Flops(int threads) => 2.0 * ChainCount * Rounds * Simd.Width * threads * ItemsPerThread;

    public static void Run(Team team)
    {
        switch (Simd.Width)
        {
            case 16:
                team.Run(default(Work<Lanes512>), team.Threads * ItemsPerThread);
                break;
            case 8:
                team.Run(default(Work<Lanes256>), team.Threads * ItemsPerThread);
                break;
            default:
                team.Run(default(Work<Lanes128>), team.Threads * ItemsPerThread);
                break;
        }
    }

    private struct Work<V> : IWork
        where V : unmanaged, ILanes<V>
    {
        public readonly void Run(int item, int thread)
        {
            var result = stackalloc float[16];
            Chains<V>(result);
            if (float.IsNaN(result[0]))
                throw new ArithmeticException("The chains overflowed.");
        }
    }

    // More independent chains than the latency of an FMA in cycles (4 to 5) times the number of FMA ports (2), so that the ports are never idle. With
    // x and y they fit into the 16 registers of AVX2; 16 chains spill there, and the loop then measures the stack.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Chains<V>(float* result)
        where V : unmanaged, ILanes<V>
    {
        V x = V.Broadcast(0.999f), y = V.Broadcast(0.001f);
        V a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (var round = 0; round < Rounds; round++)
        {
            a = V.MultiplyAdd(x, a, y);
            b = V.MultiplyAdd(x, b, y);
            c = V.MultiplyAdd(x, c, y);
            d = V.MultiplyAdd(x, d, y);
            e = V.MultiplyAdd(x, e, y);
            f = V.MultiplyAdd(x, f, y);
            g = V.MultiplyAdd(x, g, y);
            h = V.MultiplyAdd(x, h, y);
            i = V.MultiplyAdd(x, i, y);
            j = V.MultiplyAdd(x, j, y);
            k = V.MultiplyAdd(x, k, y);
            l = V.MultiplyAdd(x, l, y);
        }

        V.Store(a + b + c + d + e + f + g + h + i + j + k + l, result);
    }
}
