using Cambium.Runtime;

namespace Cambium.Benchmarks;

/// <summary>Takes tokens as fast as they come.</summary>
internal sealed class IgnoringSink : ITokenSink
{
    public bool Ready => true;

    public void Next(in GeneratedToken token)
    {
    }

    public void Fail(Exception reason)
    {
        // Whoever has measured enough disposes the loop with requests in it.
        if (reason is not ObjectDisposedException)
            throw new InvalidOperationException("A request failed while it was measured.", reason);
    }
}
