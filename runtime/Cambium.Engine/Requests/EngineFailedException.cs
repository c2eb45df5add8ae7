namespace Cambium.Runtime;

/// <summary>A step failed, and with it the requests that ran in it.</summary>
public sealed class EngineFailedException(string message, Exception inner) : Exception(message, inner);
