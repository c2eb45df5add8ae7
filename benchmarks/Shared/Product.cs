using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Rows [m, k] times packed weights [n, k], with random values.</summary>
internal sealed unsafe class Product : IDisposable
{
    private readonly PackedWeights _weights;
    private readonly NativeBuffer _x;
    private readonly NativeBuffer _y;

    public Product(int m, int k, int n, WeightStorage storage = WeightStorage.F32, WeightProducts products = WeightProducts.Exact)
    {
        (M, K, N) = (m, k, n);
        _weights = new PackedWeights(storage, k, Simd.PanelWidth, [new WeightSegment(n, 0, 1)], products);
        _x = new NativeBuffer((long)m * k);
        _y = new NativeBuffer((long)m * n);
        var random = new Random(1);
        var row = new float[k];
        for (var i = 0; i < n; i++)
        {
            Fill(random, row);
            _weights.Pack(0, 0, row, i);
        }

        for (var i = 0; i < m; i++)
            Fill(random, new Span<float>(_x.Pointer + ((nint)i * k), k));
    }

    public int M { get; }

    public int K { get; }

    public int N { get; }

    public double Flops => 2.0 * M * K * N;

    /// <summary>Bytes of the weights, which a product of few rows must read.</summary>
    public long WeightBytes => _weights.Bytes;

    public void Run(Team team) =>
        Matmul.Run(team, _weights, M, _x.Pointer, K, new StoreColumns(_y.Pointer, N, _weights.GroupWidth(0)));

    public void Dispose()
    {
        _weights.Dispose();
        _x.Dispose();
        _y.Dispose();
    }

    private static void Fill(Random random, Span<float> values)
    {
        foreach (ref var value in values)
            value = (2 * random.NextSingle()) - 1;
    }
}
