namespace Cambium.Checkpoints;

/// <summary>BOS and EOS tokens of a checkpoint.</summary>
/// <param name="EndOfText">EOS tokens: each of them ends a generation; empty if neither file names one.</param>
/// <param name="BeginOfText">The BOS token, if there is one.</param>
public sealed record GenerationConfig(IReadOnlyList<int> EndOfText, int? BeginOfText)
{
    /// <summary>No BOS and no EOS token.</summary>
    public static GenerationConfig None { get; } = new([], null);

    /// <summary>Reads <c>generation_config.json</c> if it exists; fields that it lacks come from <c>config.json</c>.</summary>
    /// <exception cref="CheckpointException">A file or a field is not valid.</exception>
    public static GenerationConfig Load(string folder, ModelConfig config)
    {
        string path = Path.Combine(folder, "generation_config.json");
        ModelConfig[] sources = File.Exists(path) ? [ModelConfig.Load(path), config] : [config];
        IReadOnlyList<int> First(string field) => sources.Select(source => source.IntList(field)).FirstOrDefault(static ids => ids.Count > 0) ?? [];
        IReadOnlyList<int> begin = First("bos_token_id");
        return new GenerationConfig(First("eos_token_id"), begin.Count > 0 ? begin[0] : null);
    }
}
