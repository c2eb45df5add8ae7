namespace Cambium.Compiler.Graph;

/// <summary>A graph breaks a rule. This is a bug in the compiler: errors in a model are diagnostics.</summary>
public sealed class InvalidGraphException(string message) : Exception(message);
