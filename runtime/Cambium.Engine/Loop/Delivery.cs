namespace Cambium.Runtime;

/// <summary>A token on its way to a sink.</summary>
/// <param name="Answer">The answer that caused the delivery.</param>
/// <param name="Token">The token, as the sink gets it.</param>
internal readonly record struct Delivery(Generation Answer, GeneratedToken Token);
