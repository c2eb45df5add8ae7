namespace Cambium.Compiler.Plan;

/// <summary>A plan contradicts the kernels that it is for: an error of the compiler.</summary>
public sealed class InvalidPlanException(string message) : Exception(message);
