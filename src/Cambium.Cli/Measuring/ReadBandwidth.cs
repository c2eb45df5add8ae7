using System.Runtime.CompilerServices;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Measuring;

/// <summary>Sums a buffer that is much larger than the caches: the upper limit of read bandwidth for any kernel.</summary>
internal sealed unsafe class ReadBandwidth : IDisposable
{
    private const int ItemFloats = 1 << 19;

    private readonly NativeBuffer _buffer;

    public ReadBandwidth(long bytes) => _buffer = new NativeBuffer(bytes / sizeof(float) / ItemFloats * ItemFloats);

    public double Bytes => (double)_buffer.Floats * sizeof(float);

    public void Run(Team team)
    {
        var items = (int)(_buffer.Floats / ItemFloats);
        switch (Simd.Width)
        {
            case 16:
                team.Run(new Work<Lanes512>(_buffer.Pointer), items);
                break;
            case 8:
                team.Run(new Work<Lanes256>(_buffer.Pointer), items);
                break;
            default:
                team.Run(new Work<Lanes128>(_buffer.Pointer), items);
                break;
        }
    }

    public void Dispose() => _buffer.Dispose();

    private readonly struct Work<V>(float* buffer) : IWork
        where V : unmanaged, ILanes<V>
    {
        public void Run(int item, int thread)
        {
            var result = stackalloc float[16];
            Add<V>(buffer + ((nint)item * ItemFloats), result);
            if (result[0] != 0)
                throw new ArithmeticException("The sum of a buffer of zeros is not zero.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<V>(float* p, float* result)
        where V : unmanaged, ILanes<V>
    {
        V a = V.Zero, b = V.Zero, c = V.Zero, d = V.Zero, e = V.Zero, f = V.Zero, g = V.Zero, h = V.Zero;
        for (var end = p + ItemFloats; p != end; p += 8 * V.Count)
        {
            a += V.Load(p);
            b += V.Load(p + V.Count);
            c += V.Load(p + (2 * V.Count));
            d += V.Load(p + (3 * V.Count));
            e += V.Load(p + (4 * V.Count));
            f += V.Load(p + (5 * V.Count));
            g += V.Load(p + (6 * V.Count));
            h += V.Load(p + (7 * V.Count));
        }

        V.Store(a + b + c + d + e + f + g + h, result);
    }
}
