namespace Cambium.Compiler.Types;

/// <summary>The class is larger than the compiler accepts. The message names what was found, the limit and the fix.</summary>
public sealed class LimitExceededException(string message) : Exception(message);
