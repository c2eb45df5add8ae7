namespace Cambium.Checkpoints;

/// <summary>A checkpoint on disk, in any format.</summary>
public static class Checkpoint
{
    /// <summary>Reads the settings of a checkpoint: <c>config.json</c> of a folder, or the metadata of a GGUF file under the same names.</summary>
    /// <param name="path">A folder or a GGUF file.</param>
    /// <param name="architectures">The GGUF architectures that are known, by default none; not used for a folder.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="CheckpointException">There is none, it is damaged, or it is a GGUF file of an architecture that is not known.</exception>
    public static ModelConfig ReadConfig(
        string path, IReadOnlyList<GgufArchitecture>? architectures = null, CancellationToken cancellation = default) =>
        CheckpointSource.Open(path, architectures ?? [], cancellation).Config;

    /// <summary>Reads the settings and the headers of all files of a checkpoint.</summary>
    /// <param name="path">A folder or a GGUF file.</param>
    /// <param name="architectures">As for <see cref="ReadConfig"/>.</param>
    /// <exception cref="CheckpointException">As for <see cref="ReadConfig"/>, or a file with weights is missing or damaged.</exception>
    public static CheckpointContents ReadContents(string path, IReadOnlyList<GgufArchitecture>? architectures = null)
    {
        CheckpointSource source = CheckpointSource.Open(path, architectures ?? []);
        using CheckpointFiles files = source.OpenFiles();
        return new CheckpointContents(
            source.Path, source.Config, source.Generation(),
            [.. files.Names.Order(StringComparer.Ordinal).Select(name => Named(name, files.Require(name)))]);
    }

    private static TensorInfo Named(string name, StoredTensor stored) => stored.Tensor with { Name = name, Shape = stored.Shape };
}
