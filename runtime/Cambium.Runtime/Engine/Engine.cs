namespace Cambium.Runtime.Engine;

/// <summary>Serves a model to many callers at once: an <see cref="EngineLoop"/> on a thread of its own. All members may be called from any thread.</summary>
public sealed class Engine : IAsyncDisposable
{
    /// <inheritdoc cref="EngineLoop(CompiledModel, EngineOptions?, TimeProvider?)"/>
    public Engine(CompiledModel model, EngineOptions? options = null) => throw new NotImplementedException();

    /// <inheritdoc cref="EngineLoop.ContextLength"/>
    public int ContextLength => throw new NotImplementedException();

    /// <inheritdoc cref="EngineLoop.TwoPhase"/>
    public bool? TwoPhase { get => throw new NotImplementedException(); set => throw new NotImplementedException(); }

    /// <inheritdoc cref="EngineLoop.Statistics"/>
    public EngineStatistics Statistics => throw new NotImplementedException();

    /// <summary>
    /// Streams the answer to a request. Enumeration starts it; leaving the enumeration early or cancelling ends it and gives everything it had back.
    /// Where <see cref="EngineOptions.MaxQueued"/> requests are there already, it waits for its turn to enter.
    /// </summary>
    /// <exception cref="RequestRefusedException">It can never be served; the message has the numbers.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed before the answer was complete.</exception>
    /// <exception cref="EngineFailedException">The loop or the step that the request was part of failed; the inner exception says how.</exception>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(Request request, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>The whole answer at once; otherwise like <see cref="GenerateAsync"/>.</summary>
    public Task<Completion> CompleteAsync(Request request, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Ends all requests that are still there (their callers get <see cref="ObjectDisposedException"/>), stops the thread and frees the pool. The model stays the caller's.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
