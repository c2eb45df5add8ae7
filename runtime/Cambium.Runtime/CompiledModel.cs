using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>What a generated model says of itself before anything is loaded.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="Architectures">Names in <c>config.json</c> that this class serves.</param>
/// <param name="ProgramHash">Hash of the compiled graph: part of the identity of cached keys and values.</param>
public sealed record ModelDefinition(string Name, IReadOnlyList<string> Architectures, string ProgramHash);

/// <summary>The base of every generated model: bound dims, packed weights and the program of one step.</summary>
public abstract class CompiledModel : IDisposable
{
    private readonly Lock _gate = new();
    private bool _running;
    private bool _disposed;

    /// <summary>What the generator knew.</summary>
    public abstract ModelDefinition Definition { get; }

    /// <summary>The checkpoint that was loaded.</summary>
    public required LoadedCheckpoint Checkpoint { get; init; }

    /// <summary>What can be run: <c>Forward</c> first, then the author's other entry points.</summary>
    public abstract IReadOnlyList<EntryPoint> EntryPoints { get; }

    /// <summary>Width of a row of <c>Forward</c>'s results; of a language model the vocabulary.</summary>
    public virtual int OutputWidth => EntryPoints[0].OutputWidth;

    /// <summary>The cached attention sites of <c>Forward</c>, in the order of the program.</summary>
    public IReadOnlyList<CacheSite> CacheSites => EntryPoints[0].CacheSites;

    /// <summary>Bytes of working memory for steps of an entry point with at most <paramref name="maxRows"/> rows and <paramref name="maxOutputs"/> results.</summary>
    /// <param name="entry">Index of the entry point.</param>
    public abstract long ArenaBytes(int entry, int maxRows, int maxOutputs);

    /// <summary>Places the buffers of an entry point in working memory, for steps of at most these sizes. Called before every <see cref="Run"/>: engines of different sizes share the model.</summary>
    /// <param name="entry">Index of the entry point.</param>
    public abstract void Prepare(int entry, int maxRows, int maxOutputs);

    /// <summary>Computes one step. Allocates nothing.</summary>
    /// <param name="entry">Index of the entry point.</param>
    public abstract void Run(int entry, Step step);

    /// <summary>Frees the packed weights, once a step that runs has ended. Engines that are still there fail what they are asked afterwards.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_running)
                throw new InvalidOperationException($"{Definition.Name} was disposed from within one of its own steps; dispose it when the step has ended.");
            if (_disposed)
                return;
            _disposed = true;
            Dispose(true);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// One step for one of the engines that share this model. They take turns, because the places in the arena belong to the step that runs, and so
    /// that weights are not freed while they are read.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    internal void RunStep(int entry, Step step, int maxRows, int maxOutputs)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (_running)
                throw new InvalidOperationException($"A step of {Definition.Name} was started from within one of its own steps; an observer must not run the model.");
            _running = true;
            try
            {
                Prepare(entry, maxRows, maxOutputs);
                Run(entry, step);
            }
            finally
            {
                _running = false;
            }
        }
    }

    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    internal void ThrowIfDisposed()
    {
        if (_disposed)
            throw new ObjectDisposedException(Definition.Name, $"{Definition.Name} has been disposed; an engine needs its model as long as it serves. Dispose the engine first.");
    }

    /// <summary>Frees what the derived class owns.</summary>
    protected abstract void Dispose(bool disposing);
}
