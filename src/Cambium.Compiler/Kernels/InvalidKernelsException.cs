namespace Cambium.Compiler.Kernels;

/// <summary>Kernels break a rule of <see cref="KernelVerifier"/>: an error of the compiler.</summary>
public sealed class InvalidKernelsException(string message) : Exception(message);
