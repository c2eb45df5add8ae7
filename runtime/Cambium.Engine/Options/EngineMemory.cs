using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>The sizes of everything that an engine allocates, checked before the first allocation.</summary>
/// <param name="Layout">Layout of keys and values in a chunk.</param>
/// <param name="Chunks">Chunks of the pool.</param>
/// <param name="Quotas">Chunks reserved for tenants, by name.</param>
/// <param name="MaxRows">Rows of the largest step.</param>
/// <param name="ArenaBytes">Bytes of the model's working memory.</param>
/// <param name="Limits">How long sequences can get.</param>
internal sealed record EngineMemory(
    KvLayout Layout, int Chunks, IReadOnlyDictionary<string, int> Quotas, int MaxRows, long ArenaBytes, SequenceLimits Limits)
{
    /// <exception cref="ArgumentException">An option does not fit the model or the pool.</exception>
    /// <exception cref="InsufficientMemoryException">Pool, working memory and results need more than is free; names both numbers and the option to
    /// change.</exception>
    public static EngineMemory For(CompiledModel model, EngineOptions options)
    {
        var layout = new KvLayout(model.CacheSites, options.ChunkSize, Simd.PanelWidth);
        var chunkBytes = Math.Max(16, (long)layout.ChunkFloats) * sizeof(float);
        var maxRows = options.MaxSequences + options.MaxRowsPerStep;
        var arena = model.ArenaBytes(0, maxRows, options.MaxSequences);
        var available = FreeMemory.Bytes();
        var positions = ModelContext.LengthOf(model, model.EntryPoints[0], options.ContextLength);
        var chunks = MemoryNeed.Chunks(options, chunkBytes, positions, available);
        var stepBytes = StepBuffers.Bytes(maxRows, options.MaxSequences, model.OutputWidth, arena);
        MemoryNeed.Check(chunks, options.ChunkSize, chunkBytes, stepBytes, available);
        var quotas = MemoryNeed.Quotas(options, chunks);
        return new EngineMemory(layout, chunks, quotas, maxRows, arena, new SequenceLimits(positions, chunks, options.ChunkSize, quotas));
    }
}
