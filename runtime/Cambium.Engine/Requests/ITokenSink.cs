namespace Cambium.Runtime;

/// <summary>Receives one request's answer from a loop, on the thread that steps it.</summary>
public interface ITokenSink
{
    /// <summary>Whether it can take another token; otherwise the sequence pauses (backpressure). An exception fails this request only.</summary>
    bool Ready { get; }

    /// <summary>
    /// Receives the next item. The statistics already include its step. No item follows one that <see cref="GeneratedToken.IsLast"/>. An exception
    /// fails this request only, through <see cref="Fail"/>.
    /// </summary>
    void Next(in GeneratedToken token);

    /// <summary>The request failed before its answer was complete; nothing follows. An exception is ignored: there is nothing left to fail.</summary>
    void Fail(Exception reason);
}
