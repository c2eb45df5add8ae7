using Cambium.Checkpoints;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime.Prefixes;

/// <summary>The sizes of a model that the files of prefixes are compared with.</summary>
internal sealed class ModelGeometry
{
    /// <param name="model">The model.</param>
    public ModelGeometry(CompiledModel model)
    {
        LoadedCheckpoint? checkpoint = model.Checkpoint;
        ModelName = model.Definition.Name;
        Sites = model.CacheSites;
        Name = checkpoint?.Folder;
        Digest = checkpoint?.Fingerprint;
        Width = model.EntryPoints[0].EmbeddingWidth ?? 0;
    }

    /// <summary>The model class.</summary>
    public string ModelName { get; }

    /// <summary>Where the model was loaded from.</summary>
    public string? Name { get; }

    /// <summary>Fingerprint of the checkpoint.</summary>
    public string? Digest { get; }

    /// <summary>Attention sites.</summary>
    public IReadOnlyList<CacheSite> Sites { get; }

    /// <summary>Layers of all sites.</summary>
    public int Layers => Sites.Sum(static site => site.Layers);

    /// <summary>Numbers in a token embedding; 0 if the model does not look tokens up in one table.</summary>
    public int Width { get; }

    /// <summary>Layers, key/value heads and numbers in a key, which are those of a value as well.</summary>
    /// <exception cref="CheckpointException">The layers differ from each other.</exception>
    public (int Layers, int Heads, int Size) KeyValue(string file)
    {
        if (PeftLayout.ShapeOf(Sites) is { } shape)
            return shape;
        throw new CheckpointException(
            file, null, $"has one shape for all layers, and the layers of {ModelName} differ: {string.Join(", ", Sites)}",
            "PEFT has no files for such models; save the prefix in Cambium's own format.");
    }
}
