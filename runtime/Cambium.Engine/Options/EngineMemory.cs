namespace Cambium.Runtime;

/// <summary>The sizes of everything that an engine allocates, checked before the first allocation.</summary>
/// <param name="Chunks">Chunks of the pool.</param>
/// <param name="Quotas">Chunks reserved for tenants, by name.</param>
/// <param name="Program">The largest step.</param>
/// <param name="Limits">How long sequences can get.</param>
internal sealed record EngineMemory(int Chunks, IReadOnlyDictionary<string, int> Quotas, ProgramLimits Program, SequenceLimits Limits)
{
    /// <exception cref="ArgumentException">An option does not fit the model, the device or the pool.</exception>
    /// <exception cref="InsufficientMemoryException">
    /// Pool, working memory and results need more than is free; names both numbers and the option to change.
    /// </exception>
    public static EngineMemory For(CompiledModel model, Device device, EngineOptions options)
    {
        var chunkBytes = device.PageBytes(model.CacheSites, options.ChunkSize, options.KvStorage);
        var program = new ProgramLimits(Entry: 0, options.MaxSequences + options.MaxRowsPerStep, options.MaxSequences);
        var available = device.FreeBytes;
        var positions = ModelContext.LengthOf(model, model.EntryPoints[0], options.ContextLength);
        var chunks = MemoryNeed.Chunks(options, chunkBytes, positions, available);
        MemoryNeed.Check(chunks, options.ChunkSize, chunkBytes, device.ProgramBytes(model, program), available);
        var quotas = MemoryNeed.Quotas(options, chunks);
        return new EngineMemory(chunks, quotas, program, new SequenceLimits(positions, chunks, options.ChunkSize, quotas));
    }
}
