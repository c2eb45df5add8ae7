using Cambium.Checkpoints;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime;

/// <summary>How many positions a model was made for.</summary>
internal static class ModelContext
{
    /// <summary>What the configuration says and the tables of positions hold; null where nothing ends.</summary>
    public static int? LengthOf(CompiledModel model, EntryPoint entry)
    {
        // A model without a checkpoint (made in a test, or with random weights) has no configuration to ask.
        LoadedCheckpoint? checkpoint = model.Checkpoint;
        var configured = checkpoint?.Config is { } config && config.Has(ModelConfig.MaxPositions) ? config.Int(ModelConfig.MaxPositions) : (int?)null;
        return configured is { } a && entry.MaxPositions is { } b ? Math.Min(a, b) : configured ?? entry.MaxPositions;
    }

    /// <summary>The length that a caller asks for, if the model has it.</summary>
    /// <exception cref="ArgumentException">It has not; names both numbers.</exception>
    public static int? LengthOf(CompiledModel model, EntryPoint entry, int? wanted)
    {
        var most = LengthOf(model, entry);
        if (wanted > most)
            throw new ArgumentException($"ContextLength is {wanted}, and the model was made for {most} positions; lower it to {most} or leave it out.");
        return wanted ?? most;
    }
}
