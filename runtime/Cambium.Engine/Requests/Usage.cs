namespace Cambium.Runtime;

/// <summary>Token counts of one answer.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">Prompt tokens whose keys and values were read from the KV cache.</param>
/// <param name="GeneratedTokens">Tokens sampled, including an EOS token.</param>
public readonly record struct Usage(int PromptTokens, int CachedTokens, int GeneratedTokens);
