using Cambium.Compiler.Graph;

namespace Cambium.Compiler.Kernels;

/// <summary>A valid graph without kernels for one of its ops; the message is for the author.</summary>
public sealed class UnsupportedGraphException(string message, Origin origin) : Exception(message)
{
    public Origin Origin { get; } = origin;
}
