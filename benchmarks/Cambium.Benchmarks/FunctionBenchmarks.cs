using BenchmarkDotNet.Attributes;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Elementwise functions over rows that fit into the L1 cache, on one thread.</summary>
public class FunctionBenchmarks
{
    private const int Count = 4096;

    private Team _team = null!;
    private NativeBuffer _x = null!;
    private NativeBuffer _y = null!;

    [GlobalSetup]
    public unsafe void Prepare()
    {
        _team = new Team(1);
        _x = new NativeBuffer(Count);
        _y = new NativeBuffer(Count);
        for (var i = 0; i < Count; i++)
            _x.Pointer[i] = (i * 0.01f) - 20;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _x.Dispose();
        _y.Dispose();
        _team.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public unsafe void Exp() => Rowwise.Run(_team, 1, new ExpRow(_x.Pointer, _y.Pointer));

    [Benchmark(OperationsPerInvoke = Count)]
    public unsafe void Silu() => Rowwise.Run(_team, 1, new SiluRow(_x.Pointer, _y.Pointer));

    [Benchmark(OperationsPerInvoke = Count, Baseline = true)]
    public unsafe void MathExp()
    {
        for (var i = 0; i < Count; i++)
            _y.Pointer[i] = MathF.Exp(_x.Pointer[i]);
    }

    private readonly unsafe struct ExpRow(float* x, float* y) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            for (var i = 0; i < Count; i += V.Count)
                V.Store(Functions.Exp(V.Load(x + i)), y + i);
        }
    }

    private readonly unsafe struct SiluRow(float* x, float* y) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            for (var i = 0; i < Count; i += V.Count)
                V.Store(Functions.Silu(V.Load(x + i)), y + i);
        }
    }
}
