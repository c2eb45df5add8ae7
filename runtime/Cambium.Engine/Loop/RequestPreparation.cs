using System.Runtime.InteropServices;
using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Scheduling;
using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>
/// From a request to its answers as sequences: a copy, checks, encoding. It shares no state with the loop, so any thread may call it.
/// </summary>
/// <param name="checkpoint">Tokenizer and defaults; null for a model without a checkpoint.</param>
/// <param name="vocabulary">Token ids are below this.</param>
/// <param name="options">The limits of requests.</param>
/// <param name="limits">How long sequences can get.</param>
/// <param name="keys">Namespaces of the tree.</param>
/// <param name="prefixes">The loaded prefixes.</param>
internal sealed class RequestPreparation(
    LoadedCheckpoint? checkpoint, int vocabulary, EngineOptions options, SequenceLimits limits, RootKeys keys, PrefixRegistry prefixes)
{
    private readonly Lazy<TokenVocabulary?> _tokens = new(
        () => checkpoint?.Tokenizer is { } tokenizer ? new TokenVocabulary(tokenizer, vocabulary) : null);

    // The checkpoint remembers what its files say; an exception is not remembered.
    private readonly Lazy<TokenSet> _eosTokens = new(() => new TokenSet([.. checkpoint?.EosTokens ?? []]), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Copies a request and checks everything that needs no tokenizer.</summary>
    /// <exception cref="RequestRefusedException">It can never be served; the message has the numbers.</exception>
    public Request Accept(Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var copy = RequestCopy.Of(request, options, limits.ContextLength);
        RequestChecks.Check(copy, vocabulary, options);
        return copy;
    }

    /// <summary>Encodes an accepted request and creates its answers.</summary>
    /// <exception cref="RequestRefusedException">It can never be served; the message has the numbers.</exception>
    public ActiveRequest Prepare(Request request, ITokenSink sink)
    {
        var prompt = PromptOf(request);
        PrefixUsers.Require(request.Prefixes, prefixes);
        NodeContent[] contents = [.. request.Prefixes.SelectMany(static use => use.Contents)];
        var room = RoomFor(request, prompt.Length, contents);
        RequestChecks.CheckTokenizer(request, checkpoint);

        // From here on the tokens are the prompt, in one array for all answers.
        var prepared = new ActiveRequest(request with { Prompt = null, PromptTokens = prompt }, sink);
        var stop = request.Stop.Count > 0 ? new StopPatterns(request.Stop) : StopPatterns.None;
        var eos = EosOf(request);
        for (var i = 0; i < prepared.Answers.Length; i++)
            prepared.Answers[i] = Answer(prepared, i, prompt, contents, room, stop, eos);
        return prepared;
    }

    private Generation Answer(
        ActiveRequest owner, int fork, int[] prompt, NodeContent[] contents, int room, StopPatterns stop, TokenSet eos)
    {
        var request = owner.Request;
        var most = request.MaxTokens ?? options.MaxTokens;
        return new Generation(owner, fork)
        {
            Key = keys.Of(request.Tenant),
            Contents = contents,
            Tokens = prompt,
            Length = prompt.Length,
            PromptLength = prompt.Length,
            // All answers have the same prompt, so only the first answer gets the results for prompt tokens.
            WantsAllRows = fork == 0 && request is { Observer: not null, ObserveWholePrompt: true } or { PromptLogProbabilities: not null },
            PromptLogProbabilities = fork == 0 && request.PromptLogProbabilities is not null ? new LogProbabilities?[prompt.Length] : null,
            MaxTokens = room,
            WantedTokens = most ?? int.MaxValue,
            Priority = request.Priority,
            CachePriority = request.CachePriority,
            EosTokens = eos,
            Text = TextOf(request, prompt, stop),
            Constraint = CursorOf(request),
            LogProbabilities = request.LogProbabilities ?? (request.BestOf > request.Count ? 0 : null),
        };
    }

    private int[] PromptOf(Request request)
    {
        var encoded = PromptEncoding.Encode(request, checkpoint, before: []);
        // An accepted prompt of tokens is an array of its own already; a tokenizer may keep what it returns.
        var tokens = request.Prompt is null && MemoryMarshal.TryGetArray(encoded, out var own) && own.Array is { } array
            && array.Length == own.Count ? array : encoded.ToArray();
        if (tokens.Length == 0)
            throw new RequestRefusedException("The prompt has no tokens; at least one is needed to continue from.");
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabulary)
                throw new RequestRefusedException($"Token {i} of the prompt is {tokens[i]}, and the vocabulary has {vocabulary} tokens.");
        }

        return tokens;
    }

    private TokenSet EosOf(Request request)
    {
        if (request.EosTokens is { } tokens)
            return new TokenSet([.. tokens]);
        var known = _eosTokens.Value;
        for (var i = 0; i < known.Ids.Count; i++)
        {
            if ((uint)known.Ids[i] >= (uint)vocabulary)
            {
                throw new RequestRefusedException(
                    $"An EOS token of the checkpoint is {known.Ids[i]}, and the vocabulary has {vocabulary} tokens, so that it would never end an "
                    + "answer; correct eos_token_id in its files, or give EosTokens.");
            }
        }

        return known;
    }

    /// <summary>Tokens that the answer can have.</summary>
    /// <param name="prompt">Tokens of the prompt.</param>
    /// <param name="contents">What comes before the first token. It takes positions, and no room of the pool.</param>
    private int RoomFor(Request request, int prompt, NodeContent[] contents)
    {
        var share = limits.KeysOf(request.Tenant);
        var fitting = share;
        var positions = contents.Sum(static content => content.Positions);
        var computable = limits.Positions - positions;
        var context = Math.Min(fitting, computable ?? int.MaxValue);
        if (prompt > context)
        {
            throw new RequestRefusedException(computable <= fitting
                ? $"The prompt has {prompt} tokens, and the context has room for {Math.Max(0, computable ?? 0)}"
                    + (positions > 0 ? $" after the {positions} positions of the prefixes" : "") + "; shorten the prompt."
                : $"The prompt has {prompt} tokens, and {Holds(share)}; raise {WhatToRaise(share)}, or shorten the prompt.");
        }

        // Keys and values of the last token are never computed, and every answer ends at the end of the context.
        var most = request.MaxTokens ?? options.MaxTokens;
        var needed = Math.Min(prompt + (long)(most ?? 1) - 1, computable ?? long.MaxValue);
        if (needed > fitting)
        {
            throw new RequestRefusedException(
                $"A prompt of {prompt} and an answer of up to {most ?? 1} tokens need room for {needed} tokens, and {Holds(share)}; "
                + $"raise {WhatToRaise(share)}, or lower MaxTokens.");
        }

        return (int)Math.Min(most ?? int.MaxValue, (long)context + 1 - prompt);
    }

    private AnswerText? TextOf(Request request, ReadOnlySpan<int> prompt, StopPatterns stop) =>
        (request.WantsText || request.Stop.Count > 0) && checkpoint?.Tokenizer is { } tokenizer
            ? new AnswerText(tokenizer, stop, prompt, request.Constraint is not null)
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
