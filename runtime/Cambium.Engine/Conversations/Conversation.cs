using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cambium.Runtime;

/// <summary>
/// A sequence that goes on over several requests: each adds to it, and between them its keys and values stay in the tree, in whole chunks. It owns
/// the tokens only: chunks that were evicted, because its time was over or the room was needed, are computed again. Not for several threads at once.
/// </summary>
public sealed class Conversation : IAsyncDisposable
{
    private readonly IConversationHost _host;
    private readonly long _number;
    private readonly string _tenant;
    private readonly TimeSpan _keep;
    private readonly List<int> _tokens;
    private readonly IReadOnlyList<PrefixUse> _prefixes;
    private bool _running;
    private bool _disposed;

    internal Conversation(IConversationHost host, string tenant, TimeSpan keep, IEnumerable<int> tokens, IReadOnlyList<PrefixUse> prefixes)
    {
        (_host, _tenant, _keep, _prefixes) = (host, tenant, keep, prefixes);
        _number = host.NewConversation();
        _tokens = [.. tokens];
    }

    /// <summary>All tokens so far: prompts and answers, including EOS tokens.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>
    /// Adds a prompt and streams the answer to the whole conversation. Streamed tokens belong to the conversation; an answer that is left or
    /// cancelled ends with the last token that was read. The text of the first prompt is encoded with the special tokens of the tokenizer's template,
    /// later ones without them, as continuations of the text before.
    /// </summary>
    /// <param name="request">Its prompt is added; it may be empty if the conversation is not. Its tenant and prefixes are the conversation's.</param>
    /// <param name="cancellation">Ends the answer.</param>
    /// <exception cref="RequestRefusedException">As for <see cref="Engine.GenerateAsync"/>; or it wants several answers: <see cref="ForkAsync"/>
    /// instead. The conversation is unchanged.</exception>
    /// <exception cref="InvalidOperationException">An answer is still being streamed.</exception>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(Request request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequireIdle();
        if ((request.BestOf ?? request.Count) != 1)
        {
            throw new RequestRefusedException(
                $"Count is {request.Count} and BestOf {request.BestOf}; a conversation has one answer at a time. Fork it for others.");
        }

        if (request.Prefixes is { Count: > 0 })
        {
            throw new RequestRefusedException(
                "The request of a conversation has Prefixes; give them to BeginConversation: all turns stand on the same ones.");
        }

        var (before, added) = (_tokens.Count, _host.Encode(request, before: CollectionsMarshal.AsSpan(_tokens)).ToArray());
        _running = true;
        try
        {
            int[] prompt = [.. _tokens, .. added];
            var turn = request with { Prompt = null, PromptTokens = prompt, Tenant = _tenant, Prefixes = _prefixes, Turn = new Turn(_number, _keep) };
            await foreach (var token in _host.GenerateAsync(turn, cancellation).ConfigureAwait(false))
            {
                // The prompt is added with the first token, so that a refused request adds nothing.
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

    /// <summary>Another conversation that begins with all tokens so far; only the tokens are copied.</summary>
    /// <exception cref="InvalidOperationException">An answer is still being streamed.</exception>
    public async Task<Conversation> ForkAsync()
    {
        RequireIdle();
        var fork = new Conversation(_host, _tenant, _keep, _tokens, _prefixes);
        await _host.ForkAsync(_number, fork._number).ConfigureAwait(false);
        return fork;
    }

    /// <summary>Drops everything after the first tokens.</summary>
    /// <param name="tokens">How many stay: 0 to the count of <see cref="Tokens"/>.</param>
    /// <exception cref="InvalidOperationException">An answer is still being streamed.</exception>
    public async Task RewindAsync(int tokens)
    {
        RequireIdle();
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, _tokens.Count);
        _tokens.RemoveRange(tokens, _tokens.Count - tokens);
        await _host.RewindAsync(_number, tokens).ConfigureAwait(false);
    }

    /// <summary>Ends it and evicts its chunks at once, except those that are in use or have other continuations.</summary>
    /// <returns>Chunks evicted.</returns>
    /// <exception cref="InvalidOperationException">An answer is still being streamed.</exception>
    public async Task<int> RemoveAsync()
    {
        RequireIdle();
        _disposed = true;
        return await _host.RemoveAsync(_number, [.. _tokens], _tenant, _prefixes).ConfigureAwait(false);
    }

    /// <summary>Ends it: its chunks are cached like others from now on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        try
        {
            await _host.EndAsync(_number).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ObjectDisposedException or EngineFailedException)
        {
            // The engine is disposed, and its chunks with it.
        }
    }

    private void RequireIdle()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_running)
        {
            throw new InvalidOperationException(
                "An answer of this conversation is still being streamed; read it to its end or leave it first, or fork the conversation before.");
        }
    }
}
