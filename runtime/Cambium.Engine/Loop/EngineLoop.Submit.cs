using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Sampling;
using Cambium.Text;

namespace Cambium.Runtime;

// Requests come in.
public sealed partial class EngineLoop
{
    /// <summary>Adds a request. It starts in one of the next steps.</summary>
    /// <returns>Its number, for <see cref="Cancel"/>.</returns>
    /// <exception cref="RequestRefusedException">It can never be served: its prompt is longer than the context or the pool, a token id is not in the vocabulary, ... Or not now: there are <see cref="EngineOptions.MaxQueued"/> requests already.</exception>
    public long Submit(Request request, ITokenSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        if (_generations.Count >= _options.MaxQueued)
            throw new RequestRefusedException($"{_generations.Count} requests are waiting or running, and MaxQueued is {_options.MaxQueued}; try again when some are answered.");
        return Add(Prepare(request, sink));
    }

    /// <summary>Everything about a request that needs no lock on the loop: checks, encoding, buffers. May be called from any thread.</summary>
    internal Generation Prepare(Request request, ITokenSink sink)
    {
        ArgumentNullException.ThrowIfNull(request);
        LoadedCheckpoint? checkpoint = _model.Checkpoint;
        var prompt = PromptOf(request, checkpoint);
        CheckSampling(request, _vocabulary, checkpoint?.Tokenizer is not null);
        CheckForks(request);
        if (request.MaxTokens is < 1)
            throw new RequestRefusedException($"MaxTokens is {request.MaxTokens}; it must be at least 1, or null to fill the context.");
        if (request.Pin is { } pin && pin <= TimeSpan.Zero && pin != Timeout.InfiniteTimeSpan)
            throw new RequestRefusedException($"Pin is {pin}; it must be positive, Timeout.InfiniteTimeSpan, or null.");
        if (request.Publish && (request.Pin is null || request.Tenant is not ""))
            throw new RequestRefusedException(request.Pin is null ? "Publish lets all tenants read a prompt while it is pinned; say for how long by Pin." : $"Publish is set for tenant '{request.Tenant}'; only prompts of requests without a tenant can be published.");
        if (request.Timeout is { } timeout && timeout <= TimeSpan.Zero)
            throw new RequestRefusedException($"Timeout is {timeout}; it must be positive, or null for no deadline.");
        if (request.MaxTokens > _options.MaxTokens)
            throw new RequestRefusedException($"MaxTokens is {request.MaxTokens}, and this engine allows {_options.MaxTokens} (EngineOptions.MaxTokens).");
        if (request.Stop is null || request.Tenant is null)
            throw new RequestRefusedException($"{(request.Stop is null ? "Stop" : "Tenant")} is null; leave it out or give an empty one.");
        var share = (_quotas.TryGetValue(request.Tenant, out var quota) ? quota : _commonChunks) * _options.ChunkSize;
        var context = Math.Min(ContextLength, share);
        if (prompt.Length > context)
            throw new RequestRefusedException(TooLong(prompt.Length, share));
        // The last token's keys and values are never computed, nor any beyond the context, where the answer ends whatever it asked for.
        var most = request.MaxTokens ?? _options.MaxTokens;
        var keys = Math.Min(prompt.Length + (long)(most ?? 1) - 1, ModelContextLength ?? long.MaxValue);
        if (keys > share)
        {
            throw new RequestRefusedException(
                $"A prompt of {prompt.Length} and an answer of up to {most ?? 1} tokens need room for {keys} tokens, and {Holds(share)}; "
                + $"raise {WhatToRaise(share)}, or lower MaxTokens.");
        }

        if (request.Stop.Count > 0 && checkpoint?.Tokenizer is null)
            throw new RequestRefusedException("Stop strings need a tokenizer, and the checkpoint has none; use EndOfText with token ids.");

        var maxTokens = (int)Math.Min(most ?? int.MaxValue, (long)context + 1 - prompt.Length);
        // Answers of unknown length grow their buffer; a stated length is reserved whole.
        var room = most is null ? Math.Min(maxTokens, 256) : maxTokens;
        var tokens = new int[prompt.Length + room];
        prompt.CopyTo(tokens);
        var length = prompt.Length;
        return Fork(request, sink, tokens, One);

        Generation One(ITokenSink own, int[] ownTokens)
        {
            return new Generation(request, own)
            {
                Key = KeyOf(request.Tenant),
                Tokens = ownTokens,
                Length = length,
                PromptLength = length,
                WantsAllRows = request is { Observer: not null, ObserveWholePrompt: true } or { PromptLogProbabilities: not null },
                MaxTokens = maxTokens,
                Priority = request.Priority,
                CachePriority = request.CachePriority,
                EndOfText = request.EndOfText ?? checkpoint?.Generation.EndOfText ?? [],
                Text = (request.WantsText || request.Stop.Count > 0) && checkpoint?.Tokenizer is { } tokenizer ? new AnswerText(tokenizer, request.Stop, request.Constraint is null) : null,
                Constraint = CursorOf(request),
                LogProbabilities = request.LogProbabilities ?? (request.BestOf > request.Count ? 0 : null),
                PromptLogProbabilities = request.PromptLogProbabilities is null ? null : new LogProbabilities?[length],
            };
        }
    }

    /// <summary>Puts a prepared request in the line.</summary>
    internal long Add(Generation generation)
    {
        Enter(generation);
        generation.Seed = generation.Request.Sampling.Seed ?? Sampler.Mix(_seed + (ulong)generation.Number);
        if (generation.Forks is { } forks)
            AddForks(forks);
        return generation.Number;
    }

    private void Enter(Generation generation)
    {
        generation.Number = ++_lastNumber;
        _generations.Add(generation.Number, generation);
        _scheduler.Enqueue(generation);
        SetDeadline(generation);
    }

    private ReadOnlySpan<int> PromptOf(Request request, LoadedCheckpoint? checkpoint)
    {
        ReadOnlySpan<int> tokens = Encode(request, checkpoint, addSpecial: true).Span;
        if (tokens.IsEmpty)
            throw new RequestRefusedException("The prompt has no tokens; at least one is needed to continue from.");
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)_vocabulary)
                throw new RequestRefusedException($"Token {i} of the prompt is {tokens[i]}, and the vocabulary has {_vocabulary} tokens.");
        }

        return tokens;
    }

    /// <summary>What a request gives as its prompt, in tokens.</summary>
    /// <exception cref="RequestRefusedException">It gives two, or text and there is no tokenizer.</exception>
    internal static ReadOnlyMemory<int> Encode(Request request, LoadedCheckpoint? checkpoint, bool addSpecial)
    {
        if (request.Prompt is not { } text)
            return request.PromptTokens;
        if (!request.PromptTokens.IsEmpty)
            throw new RequestRefusedException("Both Prompt and PromptTokens are given; leave one out.");
        return checkpoint?.Tokenizer is { } tokenizer
            ? tokenizer.Encode(text, addSpecial, request.ParseSpecialTokens)
            : throw new RequestRefusedException("A prompt of text needs a tokenizer, and the checkpoint has none; give PromptTokens.");
    }

    private RootKey KeyOf(string tenant) => new(_model.Definition.ProgramHash, ((LoadedCheckpoint?)_model.Checkpoint)?.Fingerprint ?? "", _options.ShareAcrossTenants ? "" : tenant);

    private string TooLong(int prompt, int share) => ModelContextLength is { } most && most <= share
        ? $"The prompt has {prompt} tokens, and the context has room for {most}; shorten the prompt."
        : $"The prompt has {prompt} tokens, and {Holds(share)}; raise {WhatToRaise(share)}, or shorten the prompt.";

    private string Holds(int share) => share == PoolTokens ? $"the pool holds {share}" : $"its tenant's share of the pool holds {share}";

    private string WhatToRaise(int share) => share == PoolTokens ? "PoolTokens or PoolBytes" : "PoolTokens, PoolBytes or Quotas";
}
