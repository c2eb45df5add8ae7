using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>
/// Attention of one decode step over a real prefix tree. Every sequence has a prompt with a common prefix, and one new token. The keys and values are
/// the same for shared and private storage, so all variants must give bit-identical results.
/// </summary>
internal sealed unsafe class AttentionCase : IDisposable
{
    public const int ChunkSize = 64;

    private readonly PrefixTree _tree;
    private readonly StepBatch _batch;
    private readonly CpuChunkStore _store;
    private readonly NativeBuffer _q;
    private readonly NativeBuffer _result;
    private readonly KvLayout _layout;
    private readonly AttentionSizes _sizes;

    /// <param name="sizes">Sequences and heads.</param>
    /// <param name="shared">Length of the common prefix; a multiple of the chunk size.</param>
    /// <param name="sharedStorage">Whether the common prefix is stored once.</param>
    /// <param name="layers">Layers of one run. Several layers keep a run from finding its keys in the CPU cache.</param>
    /// <param name="storage">Type of the keys and values.</param>
    public AttentionCase(AttentionSizes sizes, int shared, bool sharedStorage, int layers, KvStorage storage = KvStorage.F32)
    {
        _sizes = sizes;
        Layers = layers;
        _layout = new KvLayout([new CacheSite(layers, sizes.KvHeads, sizes.HeadSize, sizes.HeadSize)], ChunkSize, Simd.PanelWidth, storage);
        var sharedChunks = sharedStorage ? shared / ChunkSize : 0;
        _store = new CpuChunkStore(_layout, sharedChunks + sizes.Prompts.Sum(prompt => (prompt / ChunkSize) + 1 - sharedChunks));
        _tree = new PrefixTree(_store);
        _batch = new StepBatch(sizes.Sequences, 1);
        _q = new NativeBuffer(sizes.Sequences * sizes.QueryFloats);
        _result = new NativeBuffer(sizes.Sequences * sizes.QueryFloats);
        var noise = new float[1 << 20];
        var random = new Random(3);
        foreach (ref var value in noise.AsSpan())
            value = (2 * random.NextSingle()) - 1;
        noise.AsSpan(0, (int)_q.Floats).CopyTo(new Span<float>(_q.Pointer, (int)_q.Floats));

        for (var sequence = 0; sequence < sizes.Sequences; sequence++)
            Place(sequence, shared, sharedStorage ? "" : $"{sequence}", noise);
    }

    public int Layers { get; }

    /// <summary>FLOPs of scores and values over all layers, two per multiply-add; exponentials are not counted.</summary>
    public double Flops => 4.0 * Layers * _sizes.Keys * _sizes.QueryFloats;

    /// <summary>Bytes of keys and values read in total if each sequence reads its own.</summary>
    public double BytesUnshared => (double)Layers * _sizes.Keys * _sizes.KvHeads * _layout.Storage.TokenBytes(_sizes.HeadSize, _sizes.HeadSize);

    /// <summary>The results of the last layer [sequences, heads * head size].</summary>
    public ReadOnlySpan<float> Results => new(_result.Pointer, (int)_result.Floats);

    /// <summary>Creates a plan in the same way as the engine, and a step that can run many times.</summary>
    /// <param name="team">The threads of the step.</param>
    /// <param name="twoPhase">True and false force two-phase attention on and off; null lets the planner choose.</param>
    public Step Plan(Team team, bool? twoPhase)
    {
        var options = new EngineOptions();
        var cost = new AttentionCost(_sizes.KvHeads, _sizes.Heads / _sizes.KvHeads,
            _sizes.KvHeads * _layout.Storage.TokenBytes(_sizes.HeadSize, _sizes.HeadSize), team.Threads, _layout.Storage);
        var planner = new Planner(_tree, cost, _sizes.Sequences, (int)(_sizes.Keys / ChunkSize) + _sizes.Sequences);
        planner.Describe(_batch, _sizes.Sequences, new PlanOptions(twoPhase, options.TwoPhaseThreshold, options.MaxBlockRows));
        var step = new Step(team, _store) { Plan = planner.Plan, Rows = _sizes.Sequences };
        step.PointTo(_batch, 1);
        return step;
    }

    /// <summary>Runs every layer once.</summary>
    public void Run(Step step)
    {
        for (var layer = 0; layer < Layers; layer++)
            Runtime.Cpu.Attend.Run(step, 0, layer, _q.Pointer, _sizes.QueryFloats, _result.Pointer, _sizes.QueryFloats, Shape, default(PlainScore));
    }

    public void Dispose()
    {
        _tree.Dispose();
        _q.Dispose();
        _result.Dispose();
    }

    private AttendShape Shape => new(_sizes.Heads, _sizes.KvHeads, _sizes.HeadSize, _sizes.HeadSize, 0, 0);

    private void Place(int sequence, int shared, string tenant, float[] noise)
    {
        var tokens = new int[_sizes.Prompts[sequence] + 1];
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] = i < shared ? i : ((sequence + 1) << 16) + i;
        var at = _tree.Enter(new RootKey("benchmark", "", tenant));
        var placed = _tree.Follow(ref at, tokens);
        while (placed < tokens.Length)
        {
            var begin = placed;
            placed += _tree.Append(ref at, tokens.AsSpan(placed), tokens.Length - placed, sequence);
            Fill(_tree.At(at).Page, begin < shared ? 0 : sequence + 1, begin / ChunkSize, noise);
            // The last token is not committed: the step computes it.
            if (placed < tokens.Length)
                _tree.Commit(ref at);
        }
    }

    private void Fill(int page, int owner, int index, float[] noise)
    {
        var start = ((owner * 7919) + (index * 104729)) % (noise.Length - _sizes.HeadSize);
        for (var layer = 0; layer < Layers; layer++)
        {
            for (var head = 0; head < _sizes.KvHeads; head++)
            {
                for (var slot = 0; slot < ChunkSize; slot++)
                {
                    _store.WriteKey(page, slot, 0, layer, head, Next());
                    _store.WriteValue(page, slot, 0, layer, head, Next());
                }
            }
        }

        ReadOnlySpan<float> Next()
        {
            start = (start + 61) % (noise.Length - _sizes.HeadSize);
            return noise.AsSpan(start, _sizes.HeadSize);
        }
    }
}
