namespace Cambium.Runtime.Engine;

/// <summary>A whole answer.</summary>
/// <param name="Tokens">The sampled tokens, an end-of-text token included.</param>
/// <param name="Text">Their text; empty where there is no tokenizer.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="Usage">What it took.</param>
public sealed record Completion(IReadOnlyList<int> Tokens, string Text, FinishReason Finish, Usage Usage);
