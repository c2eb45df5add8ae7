using Cambium.Runtime;

namespace Cambium.TestKit;

/// <summary>A sink that passes each token to a delegate and counts them.</summary>
public sealed class DelegateSink(Action<GeneratedToken> next, Func<bool>? ready = null) : ITokenSink
{
    public bool Ready => ready?.Invoke() ?? true;

    public int Count { get; private set; }

    public void Next(in GeneratedToken token)
    {
        Count++;
        next(token);
    }

    public void Fail(Exception reason)
    {
    }
}
