using System.Threading.Channels;

namespace Cambium.Runtime;

/// <summary>Carries the tokens of one request from the loop's thread to the task that reads them.</summary>
/// <param name="maxUnread">Unread tokens at which the sequence pauses.</param>
/// <param name="wake">Called when a full sink has room again: the loop sleeps if all sequences are paused.</param>
internal sealed class StreamSink(int maxUnread, Action wake) : ITokenSink
{
    private readonly Channel<GeneratedToken> _channel =
        Channel.CreateUnbounded<GeneratedToken>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private int _unread;

    public bool Ready => Volatile.Read(ref _unread) < maxUnread;

    public void Next(in GeneratedToken token)
    {
        Interlocked.Increment(ref _unread);
        _channel.Writer.TryWrite(token);
        if (token.IsLast)
            _channel.Writer.TryComplete();
    }

    public void Fail(Exception reason) => _channel.Writer.TryComplete(reason);

    /// <summary>Waits for a token; throws the exception with which the request failed.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellation) => _channel.Reader.WaitToReadAsync(cancellation);

    public bool TryRead(out GeneratedToken token)
    {
        if (!_channel.Reader.TryRead(out token))
            return false;
        if (Interlocked.Decrement(ref _unread) == maxUnread - 1)
            wake();
        return true;
    }
}
