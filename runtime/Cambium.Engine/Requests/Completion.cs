using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>A whole answer.</summary>
/// <param name="Tokens">The sampled tokens, including an EOS token.</param>
/// <param name="Text">Their text; empty without a tokenizer.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="Usage">Token counts.</param>
public sealed record Completion(IReadOnlyList<int> Tokens, string Text, FinishReason Finish, Usage Usage)
{
    /// <summary>Log probabilities of the tokens; empty if the request does not ask for them.</summary>
    public IReadOnlyList<LogProbabilities> LogProbabilities { get; init; } = [];

    /// <summary>
    /// Log probabilities of the prompt's tokens, null for the first; empty if the request does not ask for them, and on other answers than the first.
    /// </summary>
    public IReadOnlyList<LogProbabilities?> PromptLogProbabilities { get; init; } = [];
}
