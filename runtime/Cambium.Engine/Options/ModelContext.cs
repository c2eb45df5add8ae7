using Cambium.Checkpoints;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime;

/// <summary>How many positions a model supports.</summary>
internal static class ModelContext
{
    /// <summary>The smaller of the configuration's limit and the size of the position tables; null for unlimited.</summary>
    public static int? LengthOf(CompiledModel model, EntryPoint entry)
    {
        // A model without a checkpoint (in a test, or with random weights) has no configuration.
        LoadedCheckpoint? checkpoint = model.Checkpoint;
        var configured = checkpoint?.Config is { } config && config.Has(ModelConfig.MaxPositions) ? config.Int(ModelConfig.MaxPositions) : (int?)null;
        return configured is { } a && entry.MaxPositions is { } b ? Math.Min(a, b) : configured ?? entry.MaxPositions;
    }

    /// <summary>The length that a caller asks for, or the model's.</summary>
    /// <exception cref="ArgumentException">The model supports fewer positions; names both numbers.</exception>
    public static int? LengthOf(CompiledModel model, EntryPoint entry, int? wanted)
    {
        var most = LengthOf(model, entry);
        if (wanted > most)
            throw new ArgumentException($"ContextLength is {wanted}, and the model supports {most} positions; lower it to {most} or leave it out.");
        return wanted ?? most;
    }
}
