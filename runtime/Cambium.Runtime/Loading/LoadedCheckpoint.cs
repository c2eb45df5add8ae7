using Cambium.Checkpoints;

namespace Cambium.Runtime.Loading;

/// <summary>What remains of a checkpoint when its weights are packed: settings, tokenizer, identity. It holds no file open.</summary>
public sealed class LoadedCheckpoint : IDisposable
{
    private readonly Dictionary<Type, object?> _resources = [];

    /// <summary>Where it was loaded from: a folder, or a GGUF file.</summary>
    public required string Folder { get; init; }

    /// <summary>The settings.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>Identity of configuration and weights, in hexadecimal: a part of the key of everything computed with them. See <see cref="Loading.Fingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Names of tensors that the files have and the model does not read, sorted. They are no fault: checkpoints often have buffers that can be computed.</summary>
    public IReadOnlyList<string> UnreadTensors { get; init; } = [];

    /// <summary>How most of the weights are stored in the files.</summary>
    public ElementType WeightType { get; init; } = ElementType.F32;

    /// <summary>Where texts begin and end.</summary>
    public GenerationConfig Generation { get; init; } = GenerationConfig.None;

    /// <summary>Opens something else that the checkpoint's folder holds, such as its tokenizer, once for all users of the checkpoint. May be called from any thread.</summary>
    /// <typeparam name="T">One resource of each type.</typeparam>
    /// <param name="open">Opens it; called again if it threw.</param>
    public T Resource<T>(Func<LoadedCheckpoint, T> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        lock (_resources)
        {
            if (!_resources.TryGetValue(typeof(T), out var resource))
                _resources.Add(typeof(T), resource = open(this));
            return (T)resource!;
        }
    }

    /// <summary>Uses this in place of a resource of the folder.</summary>
    public LoadedCheckpoint With<T>(T resource)
    {
        lock (_resources)
            _resources[typeof(T)] = resource;
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held today; owners dispose it so that a mapped form of weights can come later without touching them.
    }
}
