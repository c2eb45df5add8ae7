namespace Cambium.Runtime;

/// <summary>What one request took.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">Prompt tokens whose keys and values were read from the tree and not computed for this request.</param>
/// <param name="GeneratedTokens">Tokens sampled, an end-of-text token included.</param>
public readonly record struct Usage(int PromptTokens, int CachedTokens, int GeneratedTokens);
