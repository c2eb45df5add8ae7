using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>One sequence to continue. Exactly one of <see cref="Prompt"/> and <see cref="PromptTokens"/> is given.</summary>
public sealed record Request
{
    /// <summary>The prompt as text; encoded by the checkpoint's tokenizer with its special tokens.</summary>
    public string? Prompt { get; init; }

    /// <summary>
    /// Whether names of special tokens in <see cref="Prompt"/> become those tokens. In what strangers wrote they had better stay text; conversations are encoded by
    /// <see cref="Text.ChatTemplate.Encode"/>, which tells them apart.
    /// </summary>
    public bool ParseSpecialTokens { get; init; }

    /// <summary>The prompt as token ids, at least one, each below the model's vocabulary size. Not to be changed while the request runs.</summary>
    public ReadOnlyMemory<int> PromptTokens { get; init; }

    /// <summary>Most tokens to generate, at least 1; null: until the context is full.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How tokens are chosen; the likeliest if nothing is said.</summary>
    public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>What the answer has to look like: tokens that cannot lead there are never chosen, and the text may end only where it is complete. Needs a tokenizer.</summary>
    public Constraint? Constraint { get; init; }

    /// <summary>Answers wanted, at least 1. They share the prompt; answer i is drawn with <see cref="SamplingOptions.ForkSeed"/> of i.</summary>
    public int Count { get; init; } = 1;

    /// <summary>
    /// Answers generated, of which the <see cref="Count"/> with the largest mean log probability of their tokens are given, the best first and all at the end; null: as many as are wanted, each
    /// as it comes.
    /// </summary>
    public int? BestOf { get; init; }

    /// <summary>Whether log probabilities come with each token, and how many of the likeliest tokens with them; null: none do.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>The same for the prompt's tokens, which come with the first token of the first answer. The whole prompt is computed then, as for an observer.</summary>
    public int? PromptLogProbabilities { get; init; }

    /// <summary>Texts that end the answer, which is cut before the first of them. They may span tokens.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Tokens that end the answer; null: the checkpoint's end-of-text tokens. An empty list: none.</summary>
    public IReadOnlyList<int>? EndOfText { get; init; }

    /// <summary>
    /// Requests of higher priority start first and, where there is no room, take it from running ones of lower priority, which go on later where they were. Nobody is
    /// passed more than <see cref="EngineOptions.MaxBypasses"/> times.
    /// </summary>
    public int Priority { get; init; }

    /// <summary>
    /// Of the chunks that it computes or reads, while nobody uses them: where room is needed, those of lower priority are given up before those of higher, and among equals the least recently
    /// used. A chunk has the highest of the requests that used it; a negative one is for work that nobody will ask for again.
    /// </summary>
    public int CachePriority { get; init; }

    /// <summary>Time from submission to the last token; after it the request fails with <see cref="TimeoutException"/> and gives everything it had back. Null: none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether the answer comes as text, too. Without it the tokenizer is not even loaded, unless something else here needs it.</summary>
    public bool WantsText { get; init; } = true;

    /// <summary>Requests of different tenants share no cached prefixes unless <see cref="EngineOptions.ShareAcrossTenants"/> is set.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>
    /// Keeps the whole chunks of the prompt in the tree for this long once they are computed, whatever else needs room; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: as long as the engine is there.
    /// Pins take half of a tenant's share of the pool at most: beyond that, and where a request that runs alone could not go on, those that would end first end now.
    /// </summary>
    public TimeSpan? Pin { get; init; }

    /// <summary>Whether requests of all tenants may read the prompt while it is pinned, such as a system prompt that all of them begin with. Only for requests without a tenant.</summary>
    public bool Publish { get; init; }

    /// <summary>The conversation that it belongs to.</summary>
    internal Turn? Turn { get; init; }

    /// <summary>Sees logits and hidden states of this request.</summary>
    public IPromptObserver? Observer { get; init; }

    /// <summary>
    /// Whether the observer sees every prompt position. The whole prompt is computed then; its keys and values are stored in the tree for others like those of
    /// any request. Otherwise cached prefixes are used as ever, and the observer sees what is computed: hidden states of computed rows, and the logits that tokens are chosen from.
    /// </summary>
    public bool ObserveWholePrompt { get; init; } = true;
}
