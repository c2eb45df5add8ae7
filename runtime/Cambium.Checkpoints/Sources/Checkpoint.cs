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
}
