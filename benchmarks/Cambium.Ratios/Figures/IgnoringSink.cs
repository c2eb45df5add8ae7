using Cambium.Runtime;

namespace Cambium.Benchmarks;

/// <summary>Discards tokens.</summary>
internal sealed class IgnoringSink : ITokenSink
{
    public bool Ready => true;

    public void Next(in GeneratedToken token)
    {
    }

    public void Fail(Exception reason)
    {
        // A benchmark disposes its loop while requests are running.
        if (reason is not ObjectDisposedException)
            throw new InvalidOperationException("A request failed while it was measured.", reason);
    }
}
