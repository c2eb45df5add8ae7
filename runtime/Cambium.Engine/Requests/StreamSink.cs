using System.Threading.Channels;

namespace Cambium.Runtime;

/// <summary>Carries one answer from the loop's thread to the task that reads it.</summary>
internal sealed class StreamSink(Engine engine, int maxUnread) : ITokenSink
{
    private readonly Channel<GeneratedToken> _channel =
        Channel.CreateUnbounded<GeneratedToken>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private int _unread;

    public bool Ready => Volatile.Read(ref _unread) < maxUnread;

    public void Next(in GeneratedToken token)
    {
        Interlocked.Increment(ref _unread);
        engine.Deliver(this, token);
    }

    public void Fail(Exception reason) => _channel.Writer.TryComplete(reason);

    /// <summary>Lets the reader see an item.</summary>
    public void Release(in GeneratedToken token)
    {
        _channel.Writer.TryWrite(token);
        if (token.IsLast)
            _channel.Writer.TryComplete();
    }

    /// <summary>Waits for an item; throws what the request failed with.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellation) => _channel.Reader.WaitToReadAsync(cancellation);

    public bool TryRead(out GeneratedToken token)
    {
        if (!_channel.Reader.TryRead(out token))
            return false;
        // The loop sleeps when every sequence waits for its reader.
        if (Interlocked.Decrement(ref _unread) == maxUnread - 1)
            engine.Wake();
        return true;
    }
}
