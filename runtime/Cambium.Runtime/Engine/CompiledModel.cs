using Cambium.Runtime.Cache;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Weights;

namespace Cambium.Runtime.Engine;

/// <summary>What a generated model says of itself before anything is loaded.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="Architectures">Names in <c>config.json</c> that this class serves.</param>
/// <param name="ProgramHash">Hash of the compiled graph: part of the identity of cached keys and values.</param>
public sealed record ModelDefinition(string Name, IReadOnlyList<string> Architectures, string ProgramHash);

/// <summary>The base of every generated model: bound dims, packed weights and the program of one step.</summary>
public abstract class CompiledModel : IDisposable
{
    /// <summary>What the generator knew.</summary>
    public abstract ModelDefinition Definition { get; }

    /// <summary>The checkpoint that was loaded.</summary>
    public required LoadedCheckpoint Checkpoint { get; init; }

    /// <summary>Width of a row of results: the vocabulary.</summary>
    public abstract int OutputWidth { get; }

    /// <summary>The cached attention sites, in the order of the program.</summary>
    public abstract IReadOnlyList<CacheSite> CacheSites { get; }

    /// <summary>Floats of working memory that a step of at most <paramref name="maxRows"/> rows and <paramref name="maxOutputs"/> results needs.</summary>
    public abstract long ArenaFloats(int maxRows, int maxOutputs);

    /// <summary>Places the arena's buffers for steps of at most these sizes. Called before the first <see cref="Run"/>, and again by each further engine that runs the model.</summary>
    public abstract void Prepare(int maxRows, int maxOutputs);

    /// <summary>Computes one step. Allocates nothing.</summary>
    public abstract void Run(Step step);

    /// <summary>Frees the packed weights.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the derived class owns.</summary>
    protected abstract void Dispose(bool disposing);
}
