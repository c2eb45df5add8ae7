using Cambium.Compiler.Graph;

namespace Cambium.Compiler.Kernels;

/// <summary>A graph that is right but has no kernels yet; the message is for the author.</summary>
public sealed class UnsupportedGraphException(string message, Origin origin) : Exception(message)
{
    public Origin Origin { get; } = origin;
}
