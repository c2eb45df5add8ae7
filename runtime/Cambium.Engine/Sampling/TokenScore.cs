namespace Cambium.Runtime.Sampling;

/// <summary>A token and the logarithm of its probability.</summary>
/// <param name="Token">Its id.</param>
/// <param name="LogProbability">Natural logarithm of its share in the softmax of the model's scores, as they are before bias, penalties, temperature and masks.</param>
public readonly record struct TokenScore(int Token, float LogProbability);
