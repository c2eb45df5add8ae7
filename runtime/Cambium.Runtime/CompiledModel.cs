using Cambium.Runtime.Chunks;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime;

/// <summary>Facts about a generated model that are known before anything is loaded.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="Architectures">Names in <c>config.json</c> that this class serves.</param>
/// <param name="ProgramHash">Hash of the compiled graph: part of the identity of cached keys and values.</param>
public sealed record ModelDefinition(string Name, IReadOnlyList<string> Architectures, string ProgramHash);

/// <summary>
/// The base of every generated model: bound dims, packed weights, and program instances that run its entry points on a device. Any number of engines
/// may share a model; their steps run at the same time.
/// </summary>
public abstract class CompiledModel : IDisposable
{
    // Guards the two fields below for an instant at the beginning and the end of a step; it is not held while a step runs.
    private readonly object _gate = new();
    private int _steps;
    private bool _disposed;

    /// <summary>Facts that the generator knew.</summary>
    public abstract ModelDefinition Definition { get; }

    /// <summary>The checkpoint that was loaded.</summary>
    public required LoadedCheckpoint Checkpoint { get; init; }

    /// <summary>Functions that can be run by themselves: <c>Forward</c> first, then the author's other entry points.</summary>
    public abstract IReadOnlyList<EntryPoint> EntryPoints { get; }

    /// <summary>Width of a row of <c>Forward</c>'s results; of a language model the vocabulary.</summary>
    public virtual int OutputWidth => EntryPoints[0].OutputWidth;

    /// <summary>The cached attention sites of <c>Forward</c>, in the order of the program.</summary>
    public IReadOnlyList<CacheSite> CacheSites => EntryPoints[0].CacheSites;

    /// <summary>Bytes of working memory that a step needs.</summary>
    /// <param name="entry">Index of the entry point.</param>
    /// <param name="maxRows">Rows of the largest step.</param>
    /// <param name="maxOutputs">Results of the largest step.</param>
    public abstract long ArenaBytes(int entry, int maxRows, int maxOutputs);

    /// <summary>Opens the device that the model was compiled for first: the CPU. It belongs to the caller.</summary>
    public abstract Device OpenDefaultDevice(DeviceOptions options);

    /// <summary>Makes a program instance. Devices call it in <see cref="Device.Open"/>, which is the method to use.</summary>
    /// <param name="device">The device.</param>
    /// <param name="limits">The entry point and the largest step.</param>
    /// <param name="store">The KV cache; of the same device.</param>
    /// <exception cref="ArgumentException">The model was not compiled for this kind of device.</exception>
    public abstract ModelProgram CreateProgram(Device device, in ProgramLimits limits, ChunkStore store);

    /// <summary>
    /// Frees the packed weights after the last running step has ended. Programs and engines that still exist fail their later steps with
    /// <see cref="ObjectDisposedException"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The call comes from within a step of the model.</exception>
    public void Dispose()
    {
        lock (_gate)
        {
            if (RunsOnThisThread)
                throw new InvalidOperationException(
                    $"{Definition.Name} was disposed from within one of its own steps; dispose it when the step has ended.");
            if (_disposed)
                return;
            _disposed = true;
            while (_steps > 0)
                Monitor.Wait(_gate);
            Dispose(true);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Whether the calling thread is inside a step of the model: disposing the model there would wait for itself.</summary>
    internal bool RunsOnThisThread => ModelProgram.IsInsideStepOf(this);

    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    internal void ThrowIfDisposed()
    {
        if (_disposed)
            throw new ObjectDisposedException(
                Definition.Name, $"{Definition.Name} has been disposed; an engine needs its model as long as it serves. Dispose the engine first.");
    }

    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    internal void BeginStep()
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            _steps++;
        }
    }

    internal void EndStep()
    {
        lock (_gate)
        {
            if (--_steps == 0)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Frees what the derived class owns.</summary>
    protected abstract void Dispose(bool disposing);
}
