using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Loading;

namespace Cambium.Models;

/// <summary>Chooses the class for a checkpoint by <c>architectures</c> in its <c>config.json</c>.</summary>
public static class Zoo
{
    private static readonly Entry[] Entries =
    [
        new(Gpt2.Architectures, Gpt2.GgufArchitectures, Gpt2.Load),
        new(Llama.Architectures, Llama.GgufArchitectures, Llama.Load),
        new(Mistral.Architectures, Mistral.GgufArchitectures, Mistral.Load),
        new(Qwen2.Architectures, Qwen2.GgufArchitectures, Qwen2.Load),
        new(Qwen3.Architectures, Qwen3.GgufArchitectures, Qwen3.Load),
        new(T5Encoder.Architectures, T5Encoder.GgufArchitectures, T5Encoder.Load),
    ];

    private static IReadOnlyList<GgufArchitecture> Gguf => [.. Entries.SelectMany(static entry => entry.Gguf)];

    private sealed record Entry(IReadOnlyList<string> Architectures, IReadOnlyList<GgufArchitecture> Gguf,
        Func<string, LoadOptions?, CompiledModel> Load);

    /// <summary>Every architecture that a class of this assembly supports.</summary>
    public static IReadOnlyList<string> Architectures { get; } = [.. Entries.SelectMany(static entry => entry.Architectures)
        .Order(StringComparer.Ordinal)];

    /// <summary>Reads what a checkpoint holds without its weights; it may be one that no class supports.</summary>
    /// <param name="path">A folder with <c>config.json</c> and the weights, or a GGUF file.</param>
    /// <exception cref="CheckpointException">The checkpoint is damaged, or is a GGUF file of an architecture that no class declares.</exception>
    public static CheckpointContents Inspect(string path) => Checkpoint.ReadContents(path, Gguf);

    /// <summary>Loads a checkpoint with the class for its architecture.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and the weights, or a GGUF file.</param>
    /// <exception cref="CheckpointException">The checkpoint is damaged, or no class supports its architecture.</exception>
    public static CompiledModel Load(string folder, LoadOptions? options = null)
    {
        var config = Checkpoint.ReadConfig(folder, Gguf, options?.Cancellation ?? default);
        var entry = Array.Find(Entries, candidate => config.Architectures.Any(name => candidate.Architectures.Contains(name, StringComparer.Ordinal)))
            ?? throw new CheckpointException(
                config.File,
                "field 'architectures'",
                $"is {(config.Architectures.Count == 0 ? "absent or empty" : string.Join(", ", config.Architectures))}, "
                    + $"expected one of {string.Join(", ", Architectures)}",
                "Write the architecture as a class with [Model(\"..\")] and call its Load.");
        return entry.Load(folder, options);
    }
}
