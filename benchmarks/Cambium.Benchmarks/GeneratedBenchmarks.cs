using BenchmarkDotNet.Attributes;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu;

namespace Cambium.Benchmarks;

/// <summary>Gather, norm and product through a generated model.</summary>
public class GeneratedBenchmarks
{
    private const int Vocabulary = 256;
    private const int Hidden = 768;
    private const int Outputs = 2048;

    private CpuDevice _device = null!;
    private ChunkStore _store = null!;
    private NormProduct _model = null!;
    private ModelProgram _program = null!;

    [Params(1, 32, 512)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _device = new CpuDevice();
        _model = NormProduct.Load(Checkpoint());
        _store = _device.CreateStore(_model.CacheSites, Simd.PanelWidth, 1);
        _program = _device.Open(_model, new ProgramLimits(0, Rows, Rows), _store);
        var batch = _program.Batch;
        (batch.Rows, batch.OutputCount) = (Rows, Rows);
        for (var row = 0; row < Rows; row++)
            (batch.Tokens[row], batch.Positions[row], batch.OutputRows[row]) = (row * 7 % Vocabulary, row, row);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _program.Dispose();
        _store.Dispose();
        _model.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void GatherNormProduct()
    {
        _program.Launch();
        _program.Await();
    }

    private static string Checkpoint()
    {
        var folder = Path.Combine(Repository.Temporary, "norm-product");
        Directory.CreateDirectory(folder);
        File.WriteAllText(
            Path.Combine(folder, "config.json"),
            $$"""{ "architectures": ["NormProduct"], "vocab_size": {{Vocabulary}}, "hidden_size": {{Hidden}}, "outputs": {{Outputs}} }""");
        var random = new Random(6);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
        new SafetensorsWriter()
            .Add("embedding", [Vocabulary, Hidden], Values(Vocabulary * Hidden))
            .Add("norm", [Hidden], Values(Hidden))
            .Add("product", [Outputs, Hidden], Values(Outputs * Hidden))
            .Save(Path.Combine(folder, "model.safetensors"));
        return folder;
    }
}
