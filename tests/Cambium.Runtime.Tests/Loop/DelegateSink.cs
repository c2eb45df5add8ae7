using Cambium.Text.Templates;

namespace Cambium.Runtime.Tests.Loop;

internal sealed class DelegateSink(Action<GeneratedToken> next, Func<bool>? ready = null) : ITokenSink
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
