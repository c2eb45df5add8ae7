namespace Cambium.Compiler.Plan;

/// <summary>A plan contradicts its kernels: a bug of the compiler.</summary>
public sealed class InvalidPlanException(string message) : Exception(message);
