using Cambium.Runtime.Cache;
using Cambium.Constraints;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Scheduling;
using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>
/// From a request to its answers as sequences: checks, encoding, buffers. It shares no state with the loop, so any thread may call it.
/// </summary>
/// <param name="checkpoint">Tokenizer and defaults; null for a model without a checkpoint.</param>
/// <param name="vocabulary">Token ids are below this.</param>
/// <param name="maxTokens"><see cref="EngineOptions.MaxTokens"/>.</param>
/// <param name="limits">How long sequences can get.</param>
/// <param name="keys">Namespaces of the tree.</param>
internal sealed class RequestPreparation(LoadedCheckpoint? checkpoint, int vocabulary, int? maxTokens, SequenceLimits limits, RootKeys keys)
{
    // Answers of unknown length begin with room for this many tokens and grow; a stated length is reserved whole.
    private const int FirstRoom = 256;

    private readonly Lazy<TokenVocabulary?> _tokens = new(
        () => checkpoint?.Tokenizer is { } tokenizer ? new TokenVocabulary(tokenizer, vocabulary) : null);

    /// <summary>Checks a request and allocates what its answers need.</summary>
    /// <exception cref="RequestRefusedException">It can never be served; the message has the numbers.</exception>
    public ActiveRequest Prepare(Request request, ITokenSink sink)
    {
        ArgumentNullException.ThrowIfNull(request);
        var prompt = PromptOf(request);
        RequestChecks.Check(request, checkpoint, vocabulary, maxTokens);
        var room = RoomFor(request, prompt.Length, start: default);
        RequestChecks.CheckStop(request, checkpoint);

        var prepared = new ActiveRequest(request, sink);
        for (var i = 0; i < prepared.Answers.Length; i++)
            prepared.Answers[i] = Answer(prepared, i, prompt.Span, room);
        return prepared;
    }

    private Generation Answer(ActiveRequest owner, int fork, ReadOnlySpan<int> prompt, int room)
    {
        var request = owner.Request;
        var most = request.MaxTokens ?? maxTokens;
        var tokens = new int[prompt.Length + (most is null ? Math.Min(room, FirstRoom) : room)];
        prompt.CopyTo(tokens);
        return new Generation(owner, fork)
        {
            Key = keys.Of(request.Tenant),
            Tokens = tokens,
            Length = prompt.Length,
            PromptLength = prompt.Length,
            // The answers have one prompt: the results for its tokens are those of the first.
            WantsAllRows = fork == 0 && request is { Observer: not null, ObserveWholePrompt: true } or { PromptLogProbabilities: not null },
            PromptLogProbabilities = fork == 0 && request.PromptLogProbabilities is not null ? new LogProbabilities?[prompt.Length] : null,
            MaxTokens = room,
            WantedTokens = most ?? int.MaxValue,
            Priority = request.Priority,
            CachePriority = request.CachePriority,
            EosTokens = request.EosTokens ?? checkpoint?.Generation.EosTokens ?? [],
            Text = TextOf(request, prompt),
            Constraint = CursorOf(request),
            LogProbabilities = request.LogProbabilities ?? (request.BestOf > request.Count ? 0 : null),
        };
    }

    private ReadOnlyMemory<int> PromptOf(Request request)
    {
        var prompt = PromptEncoding.Encode(request, checkpoint, before: []);
        var tokens = prompt.Span;
        if (tokens.IsEmpty)
            throw new RequestRefusedException("The prompt has no tokens; at least one is needed to continue from.");
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabulary)
                throw new RequestRefusedException($"Token {i} of the prompt is {tokens[i]}, and the vocabulary has {vocabulary} tokens.");
        }

        return prompt;
    }

    /// <summary>Tokens that the answer can have.</summary>
    /// <param name="prompt">Tokens of the prompt.</param>
    /// <param name="start">What comes before the first token.</param>
    private int RoomFor(Request request, int prompt, PathLength start)
    {
        var share = limits.KeysOf(request.Tenant);
        var fitting = share - start.Keys;
        var computable = limits.Positions - start.Positions;
        var context = Math.Min(fitting, computable ?? int.MaxValue);
        if (prompt > context)
        {
            throw new RequestRefusedException(computable <= fitting
                ? $"The prompt has {prompt} tokens, and the context has room for {computable}; shorten the prompt."
                : $"The prompt has {prompt} tokens, and {Holds(share)}; raise {WhatToRaise(share)}, or shorten the prompt.");
        }

        // The last token's keys and values are never computed, nor are any beyond the context, where every answer ends.
        var most = request.MaxTokens ?? maxTokens;
        var needed = Math.Min(prompt + (long)(most ?? 1) - 1, computable ?? long.MaxValue);
        if (needed > fitting)
        {
            throw new RequestRefusedException(
                $"A prompt of {prompt} and an answer of up to {most ?? 1} tokens need room for {needed} tokens, and {Holds(share)}; "
                + $"raise {WhatToRaise(share)}, or lower MaxTokens.");
        }

        return (int)Math.Min(most ?? int.MaxValue, (long)context + 1 - prompt);
    }

    private AnswerText? TextOf(Request request, ReadOnlySpan<int> prompt) =>
        (request.WantsText || request.Stop.Count > 0) && checkpoint?.Tokenizer is { } tokenizer
            ? new AnswerText(tokenizer, request.Stop, prompt, request.Constraint is not null)
            : null;

    private string Holds(int share) => share == limits.PoolKeys ? $"the pool holds {share}" : $"its tenant's share of the pool holds {share}";

    private string WhatToRaise(int share) => share == limits.PoolKeys ? "PoolTokens or PoolBytes" : "PoolTokens, PoolBytes or Quotas";

    private ConstraintCursor? CursorOf(Request request)
    {
        try
        {
            return request.Constraint is { } constraint ? new ConstraintCursor(constraint.Over(_tokens.Value!)) : null;
        }
        catch (ConstraintException error)
        {
            throw new RequestRefusedException(error.Message);
        }
    }
}
