using System.Runtime.CompilerServices;
using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>
/// A sequence that goes on over several requests: each adds to what was said, and the keys and values of what was said stay in the tree in between, in whole chunks. It is the tokens that it has; whatever
/// of it has left the tree, because its time was over or the room was needed, is computed again. Not for several threads at once.
/// </summary>
public sealed class Conversation : IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly EngineLoop _loop;
    private readonly long _number;
    private readonly string _tenant;
    private readonly TimeSpan _keep;
    private readonly List<int> _tokens;
    private bool _running;
    private bool _disposed;

    internal Conversation(Engine engine, EngineLoop loop, string tenant, TimeSpan keep, IEnumerable<int> tokens)
    {
        (_engine, _loop, _tenant, _keep) = (engine, loop, tenant, keep);
        _number = loop.NewConversation();
        _tokens = [.. tokens];
    }

    /// <summary>Everything said so far: prompts and answers, with the tokens that ended them.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>
    /// Adds a prompt and streams the answer to everything said so far. What was streamed belongs to the conversation; an answer that is left or cancelled ends where its reader left. The text of the first prompt is encoded with
    /// the special tokens of the tokenizer's template, those after it without.
    /// </summary>
    /// <param name="request">Its prompt is what is added; it may have none where something has been said. Its tenant is the conversation's.</param>
    /// <param name="cancellation">Ends the answer.</param>
    /// <exception cref="RequestRefusedException">As for <see cref="Engine.GenerateAsync"/>; or it wants several answers: <see cref="ForkAsync"/> instead. The conversation is as it was.</exception>
    /// <exception cref="InvalidOperationException">An answer is still being streamed.</exception>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(Request request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequireIdle();
        if ((request.BestOf ?? request.Count) != 1)
            throw new RequestRefusedException($"Count is {request.Count} and BestOf {request.BestOf}; a conversation has one answer at a time. Fork it for others.");
        var (before, added) = (_tokens.Count, EngineLoop.Encode(request, _engine.Model.Checkpoint, addSpecial: _tokens.Count == 0).ToArray());
        _running = true;
        try
        {
            var turn = request with { Prompt = null, PromptTokens = (int[])[.. _tokens, .. added], Tenant = _tenant, Turn = new Turn(_number, _keep) };
            await foreach (var token in _engine.GenerateAsync(turn, cancellation).ConfigureAwait(false))
            {
                // A request that is refused says nothing, so nothing is added.
                if (_tokens.Count == before)
                    _tokens.AddRange(added);
                _tokens.Add(token.Token);
                yield return token;
            }
        }
        finally
        {
            _running = false;
        }
    }

    /// <summary>Adds a prompt and gives the whole answer; otherwise like <see cref="GenerateAsync"/>.</summary>
    public async Task<Completion> CompleteAsync(Request request, CancellationToken cancellation = default)
    {
        var answer = new CollectingSink();
        await foreach (var token in GenerateAsync(request, cancellation).ConfigureAwait(false))
            answer.Next(token);
        return answer.Completion;
    }

    /// <summary>Another conversation that begins with everything said so far; nothing is copied but the tokens.</summary>
    /// <exception cref="InvalidOperationException">An answer is still being streamed.</exception>
    public async Task<Conversation> ForkAsync()
    {
        RequireIdle();
        var fork = new Conversation(_engine, _loop, _tenant, _keep, _tokens);
        await _engine.BetweenStepsAsync(() => _loop.Fork(_number, fork._number)).ConfigureAwait(false);
        return fork;
    }

    /// <summary>Takes back everything after the first tokens, as if it had not been said.</summary>
    /// <param name="tokens">How many stay: 0 to the count of <see cref="Tokens"/>.</param>
    /// <exception cref="InvalidOperationException">An answer is still being streamed.</exception>
    public async Task RewindAsync(int tokens)
    {
        RequireIdle();
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, _tokens.Count);
        _tokens.RemoveRange(tokens, _tokens.Count - tokens);
        await _engine.BetweenStepsAsync(() => _loop.Rewind(_number, tokens)).ConfigureAwait(false);
    }

    /// <summary>Ends it and gives up its keys and values at once, but for what others use or continue.</summary>
    /// <returns>Chunks given up.</returns>
    /// <exception cref="InvalidOperationException">An answer is still being streamed.</exception>
    public async Task<int> RemoveAsync()
    {
        RequireIdle();
        _disposed = true;
        int[] tokens = [.. _tokens];
        return await _engine.BetweenStepsAsync(
            () =>
            {
                _loop.EndConversation(_number);
                return _loop.Forget(tokens, _tenant);
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Ends it: its keys and values are cached like others from now on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        try
        {
            await _engine.BetweenStepsAsync(() => _loop.EndConversation(_number)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ObjectDisposedException or EngineFailedException)
        {
            // With the engine everything has gone.
        }
    }

    private void RequireIdle()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_running)
            throw new InvalidOperationException("An answer of this conversation is still being streamed; read it to its end or leave it first, or fork the conversation before.");
    }
}
