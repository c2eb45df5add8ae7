using Cambium.Checkpoints;

namespace Cambium.Runtime.Loading;

/// <summary>The parts of a checkpoint that are needed after its weights are packed: settings, tokenizer, identity. No file stays open.</summary>
public sealed class LoadedCheckpoint : IDisposable
{
    private readonly Dictionary<Type, object?> _resources = [];

    /// <summary>Where it was loaded from: a folder, or a GGUF file.</summary>
    public required string Folder { get; init; }

    /// <summary>The settings.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>
    /// Identity of configuration and weights, in hexadecimal: a part of the key of everything computed with them. See
    /// <see cref="Loading.Fingerprint"/>.
    /// </summary>
    public required string Fingerprint { get; init; }

    /// <summary>
    /// Names of tensors that the files have and the model does not read, sorted. Not an error: checkpoints often contain buffers that can be
    /// computed.
    /// </summary>
    public IReadOnlyList<string> UnreadTensors { get; init; } = [];

    /// <summary>
    /// Settings and tensors that the class passes over and that can make its results wrong, one sentence each, with the file and the fix. Empty for
    /// an ordinary checkpoint of the class.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The dtype of most weights in the files.</summary>
    public ElementType WeightType { get; init; } = ElementType.F32;

    /// <summary>The settings of <c>generation_config.json</c>: tokens at the beginning and the end of a text.</summary>
    public GenerationConfig Generation { get; init; } = GenerationConfig.None;

    /// <summary>
    /// Opens another resource of the checkpoint's folder, such as its tokenizer, once for all users of the checkpoint. May be called from any thread.
    /// </summary>
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
        // Nothing to free yet. Owners dispose it, so that weights can be mapped later without a change to them.
    }
}
