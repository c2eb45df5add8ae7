namespace Cambium.Runtime;

/// <summary>A request failed because its step, its observer, its sink or the loop failed.</summary>
public sealed class EngineFailedException(string message, Exception inner) : Exception(message, inner);
