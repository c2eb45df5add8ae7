namespace Cambium.Runtime.Engine;

/// <summary>
/// The engine without a thread: requests go in, <see cref="Step"/> is called by hand, tokens come out in the sinks. The same object runs below
/// <see cref="Engine"/>, in tools, and in simulations. It is deterministic: equal calls give equal steps. Not thread safe.
/// </summary>
public sealed class EngineLoop : IDisposable
{
    /// <param name="model">The model; it stays the caller's, and no other loop may run it at the same time.</param>
    /// <param name="options">How to use the machine.</param>
    /// <param name="clock">For durations in statistics only.</param>
    /// <exception cref="ArgumentException">An option is out of range; names it, its value and the range.</exception>
    /// <exception cref="InsufficientMemoryException">Pool, working memory and results need more than is free; names both numbers and the option to change.</exception>
    public EngineLoop(CompiledModel model, EngineOptions? options = null, TimeProvider? clock = null) => throw new NotImplementedException();

    /// <summary>Tokens of prompt and answer together.</summary>
    public int ContextLength => throw new NotImplementedException();

    /// <summary>Whether a request is waiting or running.</summary>
    public bool HasWork => throw new NotImplementedException();

    /// <summary><see cref="EngineOptions.TwoPhase"/>; may be changed between steps, for comparisons.</summary>
    public bool? TwoPhase { get; set; }

    /// <summary>Counters up to now.</summary>
    public EngineStatistics Statistics => throw new NotImplementedException();

    /// <summary>Adds a request. It starts in one of the next steps.</summary>
    /// <returns>Its number, for <see cref="Cancel"/>.</returns>
    /// <exception cref="RequestRefusedException">It can never be served: its prompt is longer than the context or the pool, a token id is not in the vocabulary, ...</exception>
    public long Submit(Request request, ITokenSink sink) => throw new NotImplementedException();

    /// <summary>Ends a request at once and gives everything it had back. Its sink hears nothing more.</summary>
    /// <returns>Whether it was still there.</returns>
    public bool Cancel(long request) => throw new NotImplementedException();

    /// <summary>Runs the model once over what is to be computed now.</summary>
    /// <returns>False if there was nothing: no requests, or all of them wait for their readers.</returns>
    public bool Step() => throw new NotImplementedException();

    /// <summary>Runs one request to its end, together with those submitted before.</summary>
    /// <returns>The whole answer.</returns>
    public Completion Run(Request request) => throw new NotImplementedException();

    /// <summary>Adds up the tree and what the running sequences hold of it.</summary>
    /// <exception cref="InvalidOperationException">Something does not add up; the message has the numbers.</exception>
    public void CheckIntegrity() => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
