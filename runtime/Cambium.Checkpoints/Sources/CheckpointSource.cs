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
            return new CheckpointFolder(path);
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

    /// <summary>The settings as bytes, for the fingerprint.</summary>
    public abstract ReadOnlySpan<byte> Settings();

    /// <summary>Opens the weights. Call it once.</summary>
    public abstract CheckpointFiles OpenFiles(CancellationToken cancellation = default);

    public abstract GenerationConfig Generation();
}
