using Cambium.Checkpoints;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime.Prefixes;

/// <summary>The sizes of a model that the files of prefixes are compared with.</summary>
internal sealed class ModelGeometry
{
    private readonly List<(int Site, int Layer)> _layers = [];

    /// <param name="model">The model.</param>
    public ModelGeometry(CompiledModel model)
    {
        LoadedCheckpoint? checkpoint = model.Checkpoint;
        ModelName = model.Definition.Name;
        Sites = model.CacheSites;
        Name = checkpoint?.Folder;
        Digest = checkpoint?.Fingerprint;
        Width = model.EntryPoints[0].EmbeddingWidth ?? 0;
        for (var site = 0; site < Sites.Count; site++)
        {
            for (var layer = 0; layer < Sites[site].Layers; layer++)
                _layers.Add((site, layer));
        }
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
    public int Layers => _layers.Count;

    /// <summary>Numbers in a token embedding; 0 if the model does not look tokens up in one table.</summary>
    public int Width { get; }

    /// <summary>The site of a layer, and the layer's number among those of the site.</summary>
    public (int Site, int Layer) Layer(int layer) => _layers[layer];

    /// <summary>Layers, key/value heads and numbers in a key, which are those of a value as well.</summary>
    /// <exception cref="CheckpointException">The layers differ from each other.</exception>
    public (int Layers, int Heads, int Size) KeyValue(string file)
    {
        var kinds = Sites.Select(static site => (site.KvHeads, site.KeySize, site.ValueSize)).Distinct().ToList();
        if (kinds is [var (heads, size, valueSize)] && size == valueSize && (Sites.Count == 1 || Sites.All(static site => site.Layers == 1)))
            return (Layers, heads, size);
        throw new CheckpointException(
            file, null, $"has one shape for all layers, and the layers of {ModelName} differ: {string.Join(", ", Sites)}",
            "PEFT has no files for such models; save the prefix in Cambium's own format.");
    }
}
