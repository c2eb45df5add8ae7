namespace Cambium.Compiler.Graph;

/// <summary>A graph breaks one of its rules. A mistake in the compiler, never in a model: authors get diagnostics.</summary>
public sealed class InvalidGraphException(string message) : Exception(message);
