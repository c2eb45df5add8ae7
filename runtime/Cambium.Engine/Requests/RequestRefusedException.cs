namespace Cambium.Runtime;

/// <summary>A request that can never be served as it is; the message names the two numbers that do not fit and what to change.</summary>
public sealed class RequestRefusedException(string message) : Exception(message);
