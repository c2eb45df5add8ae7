using Cambium.Runtime.Chunks;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>
/// A processor that runs models. It owns everything that differs between processors: the layout and memory of the KV cache, the program instances of
/// models, and the facts about memory and cost by which an engine decides.
/// </summary>
public abstract class Device : IDisposable
{
    /// <summary>For messages.</summary>
    public abstract string Name { get; }

    /// <summary>Bytes that stores and programs can still take.</summary>
    public abstract long FreeBytes { get; }

    /// <summary>Bytes of one page of a store.</summary>
    /// <param name="sites">The cached attention sites.</param>
    /// <param name="chunkSize">Tokens of a page.</param>
    /// <param name="storage">Type of the keys and values.</param>
    /// <exception cref="ArgumentException">The device has no layout for this chunk size; the message has the multiple that it needs.</exception>
    public abstract long PageBytes(IReadOnlyList<CacheSite> sites, int chunkSize, KvStorage storage = KvStorage.F32);

    /// <summary>Reserves a KV cache.</summary>
    /// <param name="sites">The cached attention sites.</param>
    /// <param name="chunkSize">Tokens of a page.</param>
    /// <param name="pages">Pages.</param>
    /// <param name="storage">Type of the keys and values.</param>
    /// <exception cref="InsufficientMemoryException">The device does not have the memory.</exception>
    public abstract ChunkStore CreateStore(IReadOnlyList<CacheSite> sites, int chunkSize, int pages, KvStorage storage = KvStorage.F32);

    /// <summary>The cost of attention at these sites, with keys and values of that type.</summary>
    public abstract IAttentionCost AttentionCost(IReadOnlyList<CacheSite> sites, KvStorage storage = KvStorage.F32);

    /// <summary>Bytes that <see cref="Open"/> takes: working memory, the step's data and results.</summary>
    public abstract long ProgramBytes(CompiledModel model, in ProgramLimits limits);

    /// <summary>Makes a program instance of a model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="limits">The entry point and the largest step.</param>
    /// <param name="store">The KV cache that its steps read and write; of this device.</param>
    /// <exception cref="ArgumentException">The model was not compiled for this device, or the store belongs to another device or was made for other
    /// cache sites.</exception>
    public abstract ModelProgram Open(CompiledModel model, in ProgramLimits limits, ChunkStore store);

    /// <summary>
    /// Runs host work next to steps, such as sampling, on the device's host threads. Returns when all items are done; the first exception of an item
    /// is thrown here.
    /// </summary>
    /// <param name="work">The items.</param>
    /// <param name="items">How many.</param>
    /// <param name="scratchBytes">Memory that each item gets.</param>
    public abstract void RunOnHost(IHostWork work, int items, int scratchBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the device owns. Its stores and programs must have been disposed.</summary>
    protected abstract void Dispose(bool disposing);
}
