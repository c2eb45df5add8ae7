namespace Cambium.Checkpoints;

/// <summary>A Hugging Face checkpoint.</summary>
internal sealed class CheckpointFolder(string path) : CheckpointSource
{
    public override string Path => path;

    public override ModelConfig Config { get; } = ModelConfig.Load(System.IO.Path.Combine(path, "config.json"));

    public override ReadOnlySpan<byte> Settings() => File.ReadAllBytes(Config.File);

    public override CheckpointFiles OpenFiles(CancellationToken cancellation = default) => CheckpointFiles.Open(path, cancellation);

    public override GenerationConfig Generation() => GenerationConfig.Load(path, Config);
}
