namespace Cambium.Runtime.Sampling;

/// <summary>A token and the logarithm of its probability.</summary>
/// <param name="Token">The token's id.</param>
/// <param name="LogProbability">Natural logarithm of its softmax probability, computed from the model's logits before bias, penalties, temperature
/// and masks.</param>
public readonly record struct TokenScore(int Token, float LogProbability);
