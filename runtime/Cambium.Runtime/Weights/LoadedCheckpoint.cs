using Cambium.Runtime.Text;

namespace Cambium.Runtime.Weights;

/// <summary>What remains of a checkpoint when its weights are packed: settings, tokenizer, identity. It holds no file open.</summary>
public sealed class LoadedCheckpoint : IDisposable
{
    private readonly Lazy<Tokenizer?> _tokenizer = new((Tokenizer?)null);

    /// <summary>Where it was loaded from: a folder, or a GGUF file.</summary>
    public required string Folder { get; init; }

    /// <summary>The settings.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>Identity of configuration and weights, in hexadecimal: a part of the key of everything computed with them. See <see cref="Weights.Fingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Names of tensors that the files have and the model does not read, sorted. They are no fault: checkpoints often have buffers that can be computed.</summary>
    public IReadOnlyList<string> UnreadTensors { get; init; } = [];

    /// <summary>How most of the weights are stored in the files.</summary>
    public ElementType WeightType { get; init; } = ElementType.F32;

    /// <summary>Where texts begin and end.</summary>
    public GenerationConfig Generation { get; init; } = GenerationConfig.None;

    /// <summary>
    /// The tokenizer of <c>tokenizer.json</c>; null if the checkpoint has none, and the model then runs on token ids. The file is read when it is first asked for,
    /// so a checkpoint whose tokenizer is of an unknown kind still runs on ids.
    /// </summary>
    /// <exception cref="CheckpointException">There is one, but it is damaged or of a kind that is not supported.</exception>
    public Tokenizer? Tokenizer
    {
        get => _tokenizer.Value;
        init => _tokenizer = new Lazy<Tokenizer?>(value);
    }

    internal Func<Tokenizer?> TokenizerSource
    {
        init => _tokenizer = new Lazy<Tokenizer?>(value);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held today; owners dispose it so that a mapped form of weights can come later without touching them.
    }
}
