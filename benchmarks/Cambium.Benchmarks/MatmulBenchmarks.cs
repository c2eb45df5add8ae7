using BenchmarkDotNet.Attributes;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Rows times packed weights: one row (decode), a batch, a prompt (prefill).</summary>
public class MatmulBenchmarks
{
    private Team _team = null!;
    private Product _product = null!;

    [Params(1, 8, 32, 512)]
    public int Rows { get; set; }

    [Params(768, 4096)]
    public int Inputs { get; set; }

    [Params(2048, 4096)]
    public int Outputs { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _team = new Team(Environment.ProcessorCount);
        _product = new Product(Rows, Inputs, Outputs);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _product.Dispose();
        _team.Dispose();
    }

    [Benchmark]
    public void Multiply() => _product.Run(_team);
}
