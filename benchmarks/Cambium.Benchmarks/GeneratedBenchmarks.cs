using BenchmarkDotNet.Attributes;
using Cambium.Checkpoints;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Threading;

namespace Cambium.Benchmarks;

/// <summary>Gather, norm and product in a generated model.</summary>
public unsafe class GeneratedBenchmarks
{
    private const int Vocabulary = 256;
    private const int Hidden = 768;
    private const int Outputs = 2048;

    private readonly List<NativeBuffer> _buffers = [];
    private Team _team = null!;
    private NormProduct _model = null!;
    private Step _step = null!;

    [Params(1, 32, 512)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _team = new Team(Environment.ProcessorCount);
        _model = NormProduct.Load(Checkpoint());
        _model.Prepare(0, Rows, Rows);
        _step = new Step(_team, new KvLayout(_model.CacheSites, Simd.PanelWidth, Simd.PanelWidth))
        {
            Rows = Rows,
            OutputCount = Rows,
            Tokens = (int*)Buffer(Rows),
            Positions = (int*)Buffer(Rows),
            SlotOfRow = (int*)Buffer(Rows),
            ChunkOfRow = (float**)Buffer(2L * Rows),
            OutputRows = (int*)Buffer(Rows),
            Logits = Buffer((long)Rows * Outputs),
            LogitsStride = Outputs,
            Arena = (byte*)Buffer(_model.ArenaBytes(0, Rows, Rows) / sizeof(float)),
        };
        for (var row = 0; row < Rows; row++)
            (_step.Tokens[row], _step.Positions[row], _step.OutputRows[row]) = (row * 7 % Vocabulary, row, row);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _model.Dispose();
        _team.Dispose();
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }

    [Benchmark]
    public void GatherNormProduct() => _model.Run(0, _step);

    private float* Buffer(long floats)
    {
        var buffer = new NativeBuffer(floats);
        _buffers.Add(buffer);
        return buffer.Pointer;
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
