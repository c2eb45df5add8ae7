namespace Cambium.Checkpoints;

/// <summary>The BOS and EOS tokens of a checkpoint.</summary>
/// <param name="EosTokens">EOS tokens: each of them ends an answer; empty if neither file names one.</param>
/// <param name="BosToken">The token at the beginning of a text; null if neither file names one.</param>
public sealed record GenerationConfig(IReadOnlyList<int> EosTokens, int? BosToken)
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
