namespace Cambium.Checkpoints;

/// <summary>A checkpoint of any format: its settings, and its weights on demand.</summary>
internal abstract class CheckpointSource
{
    /// <summary>The folder or the file.</summary>
    public abstract string Path { get; }

    public abstract ModelConfig Config { get; }

    /// <param name="path">A folder or a GGUF file.</param>
    /// <param name="architectures">The GGUF architectures that can be read; not used for a folder.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="CheckpointException">It does not exist, or its settings are damaged.</exception>
    public static CheckpointSource Open(string path, IReadOnlyList<GgufArchitecture> architectures, CancellationToken cancellation = default)
    {
        if (Directory.Exists(path))
            return File.Exists(System.IO.Path.Combine(path, "config.json")) ? new CheckpointFolder(path) : throw NoConfig(path);
        if (GgufFile.IsOne(path))
            return GgufCheckpoint.Open(path, architectures, cancellation);
        if (File.Exists(path))
        {
            GitLfs.RefusePointer(path);
            throw new CheckpointException(
                path, null, "is not a GGUF file, expected one that begins with 'GGUF', or the folder of a checkpoint",
                "Give the folder that holds config.json and the safetensors files, or a GGUF file.");
        }

        throw new CheckpointException(
            path, null, "does not exist, expected the folder of a checkpoint or a GGUF file",
            "Give the folder that holds config.json and the safetensors files, or a GGUF file.");
    }

    // Names what the folder has instead, because each kind of folder needs another fix.
    private static CheckpointException NoConfig(string folder)
    {
        string? gguf = FirstFile(folder, "*.gguf");
        string? below = FirstFolder(folder);
        string fix = File.Exists(System.IO.Path.Combine(folder, "adapter_config.json"))
                ? "It is an adapter. Give the folder of its base model, and the adapter as a prefix (--prefix, Engine.LoadPrefix; for LoRA "
                    + "LoadOptions.Adapters)."
            : gguf is not null ? $"Give the GGUF file: {gguf}."
            : below is not null ? $"Give the folder of the checkpoint: {below}."
            : "Give the folder that holds config.json and the safetensors files, or a GGUF file.";
        return new CheckpointException(folder, null, "has no config.json", fix);
    }

    private static string? FirstFile(string folder, string pattern) => First(() => Directory.EnumerateFiles(folder, pattern));

    private static string? FirstFolder(string folder) => First(() => Directory.EnumerateDirectories(folder)
        .Where(static one => File.Exists(System.IO.Path.Combine(one, "config.json"))));

    private static string? First(Func<IEnumerable<string>> paths)
    {
        try
        {
            return paths().Order(StringComparer.Ordinal).FirstOrDefault();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The settings as bytes, for the fingerprint.</summary>
    public abstract ReadOnlySpan<byte> Settings();

    /// <summary>Opens the weights. Call it once.</summary>
    public abstract CheckpointFiles OpenFiles(CancellationToken cancellation = default);

    public abstract GenerationConfig Generation();
}
