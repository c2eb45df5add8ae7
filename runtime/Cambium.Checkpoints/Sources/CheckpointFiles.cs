using System.Text.Json;

namespace Cambium.Checkpoints;

/// <summary>The tensors of a checkpoint by name, from one file or several, of any format.</summary>
internal sealed class CheckpointFiles : IDisposable
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";

    private readonly List<ITensorFile> _files = [];
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);
    private readonly string _source;

    private CheckpointFiles(string source) => _source = source;

    /// <summary>All names.</summary>
    public ICollection<string> Names => _tensors.Keys;

    /// <summary>All tensors.</summary>
    public IEnumerable<StoredTensor> Tensors => _tensors.Values;

    /// <summary>Opens <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> names.</summary>
    /// <exception cref="CheckpointException">Neither exists, or a file is not valid.</exception>
    public static CheckpointFiles Open(string folder, CancellationToken cancellation = default)
    {
        string single = Path.Combine(folder, SingleName);
        string index = Path.Combine(folder, IndexName);
        bool sharded = !File.Exists(single);
        if (sharded && !File.Exists(index))
        {
            throw new CheckpointException(
                folder, null, $"has no weights, expected {SingleName} or {IndexName}",
                Directory.EnumerateFiles(folder, "pytorch_model*.bin").Any()
                    ? "Convert pytorch_model.bin to safetensors: load the model with transformers and call save_pretrained."
                    : "Give the folder of a Hugging Face checkpoint that is stored as safetensors, or a GGUF file.");
        }

        var files = new CheckpointFiles(sharded ? index : single);
        try
        {
            if (sharded)
                files.OpenShards(folder, index, cancellation);
            else
                files.OpenSingle(single, cancellation);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The tensors of open files under other names. Disposing the result closes the files.</summary>
    /// <param name="source">The file that messages name.</param>
    public static CheckpointFiles Of(string source, IEnumerable<ITensorFile> open, IEnumerable<(string Name, StoredTensor Tensor)> tensors)
    {
        var files = new CheckpointFiles(source);
        files._files.AddRange(open);
        foreach ((string name, StoredTensor tensor) in tensors)
        {
            if (!files._tensors.TryAdd(name, tensor))
            {
                throw new CheckpointException(
                    tensor.File.Path, $"tensor '{tensor.Tensor.Name}'", $"maps to '{name}', as another tensor does", "Convert the checkpoint again.");
            }
        }

        return files;
    }

    /// <summary>Whether a tensor of this name exists.</summary>
    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>A tensor by its name.</summary>
    public StoredTensor Require(string name) =>
        _tensors.TryGetValue(name, out var found) ? found : throw MissingTensor.Error(_source, name, _tensors.Keys);

    /// <summary>Puts tensors in the place of those of the same names. The file is closed with the others.</summary>
    public void Replace(ITensorFile file, IEnumerable<(string Name, StoredTensor Tensor)> tensors)
    {
        _files.Add(file);
        foreach (var (name, tensor) in tensors)
            _tensors[name] = tensor;
    }

    /// <summary>Closes all files.</summary>
    public void Dispose() => _files.ForEach(static file => file.Dispose());

    private void OpenSingle(string path, CancellationToken cancellation)
    {
        SafetensorsFile file = Add(path, cancellation);
        foreach (TensorInfo tensor in file.Tensors)
            _tensors.Add(tensor.Name, new StoredTensor(file, tensor));
    }

    private void OpenShards(string folder, string index, CancellationToken cancellation)
    {
        JsonElement root = JsonFile.Load(index, JsonFile.MaxIndexBytes);
        if (!root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(
                index, "field 'weight_map'", "is absent or not an object, expected tensor names with their files", "Fetch the index again.");
        }

        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            cancellation.ThrowIfCancellationRequested();
            string subject = $"tensor '{entry.Name}'";
            if (entry.Value.ValueKind != JsonValueKind.String)
            {
                throw new CheckpointException(
                    index, subject, $"has a JSON {entry.Value.ValueKind} in weight_map, expected a file name", "Fetch the index again.");
            }

            string name = entry.Value.GetString()!;
            if (!shards.TryGetValue(name, out SafetensorsFile? shard))
                shards.Add(name, shard = Add(ShardPath.Resolve(folder, index, subject, name), cancellation));
            if (shard.Find(entry.Name) is not { } tensor)
            {
                throw new CheckpointException(
                    shard.Path, subject, $"is missing, expected here by {IndexName}",
                    "Index and shards belong to different checkpoints, or a shard is incomplete; fetch both again.");
            }

            if (!_tensors.TryAdd(entry.Name, new StoredTensor(shard, tensor)))
                throw new CheckpointException(index, subject, "appears 2 times in weight_map, expected once", "Fetch the index again.");
        }
    }

    private SafetensorsFile Add(string path, CancellationToken cancellation)
    {
        SafetensorsFile file = SafetensorsFile.Open(path, cancellation);
        _files.Add(file);
        return file;
    }
}
