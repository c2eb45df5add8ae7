using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>A whole answer.</summary>
/// <param name="Tokens">The sampled tokens, an end-of-text token included.</param>
/// <param name="Text">Their text; empty where there is no tokenizer.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="Usage">What it took.</param>
public sealed record Completion(IReadOnlyList<int> Tokens, string Text, FinishReason Finish, Usage Usage)
{
    /// <summary>How likely each token was; empty where the request does not ask.</summary>
    public IReadOnlyList<LogProbabilities> LogProbabilities { get; init; } = [];

    /// <summary>How likely each token of the prompt was, null for the first; empty where the request does not ask, and on other answers than the first.</summary>
    public IReadOnlyList<LogProbabilities?> PromptLogProbabilities { get; init; } = [];
}
