namespace Cambium.Runtime;

/// <summary>A request that can never be served. The message names the two numbers that do not fit, and the fix.</summary>
public sealed class RequestRefusedException(string message) : Exception(message);
