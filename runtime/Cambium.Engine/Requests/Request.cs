using Cambium.Constraints;
using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>
/// One sequence to continue. Exactly one of <see cref="Prompt"/> and <see cref="PromptTokens"/> is given. An engine copies all lists when it accepts
/// the request.
/// </summary>
public sealed record Request
{
    /// <summary>The prompt as text; encoded by the checkpoint's tokenizer with its special tokens.</summary>
    public string? Prompt { get; init; }

    /// <summary>
    /// Whether names of special tokens in <see cref="Prompt"/> become those tokens. Leave it off for untrusted text;
    /// <see cref="Text.Templates.ChatTemplate"/> encodes conversations and parses the names in the template only.
    /// </summary>
    public bool ParseSpecialTokens { get; init; }

    /// <summary>The prompt as token ids, at least one, each below the model's vocabulary size.</summary>
    public ReadOnlyMemory<int> PromptTokens { get; init; }

    /// <summary>Most tokens to generate, at least 1; null: until the context is full.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How tokens are sampled; greedy by default.</summary>
    public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>
    /// A constraint on the answer's text: tokens that cannot lead to a valid text are masked, and EOS is masked until the text is valid. Needs a
    /// tokenizer.
    /// </summary>
    public Constraint? Constraint { get; init; }

    /// <summary>
    /// Answers wanted, from 1 to <see cref="EngineOptions.MaxAnswers"/> (1024 by default). They share the prompt; answer i is sampled with
    /// <see cref="SamplingOptions.ForkSeed"/> of i. Each takes a place of <see cref="EngineOptions.MaxQueued"/>.
    /// </summary>
    public int Count { get; init; } = 1;

    /// <summary>
    /// Number of answers to generate. The <see cref="Count"/> answers with the largest mean log probability of their tokens are returned at the end,
    /// the best first. null: <see cref="Count"/> answers are generated, and each token is returned as it is sampled. Limits as for
    /// <see cref="Count"/>.
    /// </summary>
    public int? BestOf { get; init; }

    /// <summary>Reports the log probability of each token, and of this many most likely alternatives; null: none.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>
    /// The same for the prompt's tokens; reported with the first token of the first answer. The whole prompt is computed for it, without cached
    /// prefixes, as for an observer.
    /// </summary>
    public int? PromptLogProbabilities { get; init; }

    /// <summary>
    /// Texts that end the answer, which is cut before the one that is complete first. They may span tokens, and contain the name of a special token,
    /// such as <c>&lt;|pad|&gt;</c>, which matches that token. At most <see cref="EngineOptions.MaxStopStrings"/> (64) of at most
    /// <see cref="EngineOptions.MaxStopLength"/> (256) characters.
    /// </summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>
    /// Tokens that end the answer, at most <see cref="EngineOptions.MaxEosTokens"/> (256), each below the model's vocabulary size; null: the
    /// checkpoint's EOS tokens. An empty list: none.
    /// </summary>
    public IReadOnlyList<int>? EosTokens { get; init; }

    /// <summary>
    /// Requests of higher priority start first and preempt running ones of lower priority if the pool or the places are full; those continue later.
    /// No request is bypassed more than <see cref="EngineOptions.MaxBypasses"/> times.
    /// </summary>
    public int Priority { get; init; }

    /// <summary>
    /// Priority of the chunks that it computes or reads, once they are only cached: chunks of lower priority are evicted first, and among equals the
    /// least recently used (LRU). A chunk has the highest priority of the requests that used it; use a negative one for work that will not be
    /// repeated.
    /// </summary>
    public int CachePriority { get; init; }

    /// <summary>Time from submission to the last token; after it the request fails with <see cref="TimeoutException"/>. Null: no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether the answer has text in addition to tokens. Without it the tokenizer is loaded only if another property needs it.</summary>
    public bool WantsText { get; init; } = true;

    /// <summary>
    /// Requests of different tenants share no cached prefixes unless <see cref="EngineOptions.ShareAcrossTenants"/> is set. Names are compared by
    /// their UTF-16 units; a name is valid Unicode of at most <see cref="EngineOptions.MaxTenantBytes"/> (256) bytes of UTF-8.
    /// </summary>
    public string Tenant { get; init; } = "";

    /// <summary>
    /// The learned prefixes that the sequence stands on, in the order of its path: <c>[review, mood[Mood.Happy]]</c>. Requests with the same ones
    /// share what is cached below them. At most <see cref="EngineOptions.MaxPrefixes"/> (16).
    /// </summary>
    public IReadOnlyList<PrefixUse> Prefixes { get; init; } = [];

    /// <summary>
    /// Pins the whole chunks of the prompt in the KV cache for this long once they are computed;
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: for the engine's lifetime. Pins take half of a tenant's share of the pool at most:
    /// beyond that, and if a request that runs alone cannot continue, the pins that would end first end now.
    /// </summary>
    public TimeSpan? Pin { get; init; }

    /// <summary>
    /// Whether requests of all tenants may read the prompt while it is pinned, such as a common system prompt. Only for requests without a tenant.
    /// </summary>
    public bool Publish { get; init; }

    /// <summary>Answers that are generated.</summary>
    internal int Answers => BestOf ?? Count;

    /// <summary>The conversation that it belongs to.</summary>
    internal Turn? Turn { get; init; }

    /// <summary>Receives the logits and hidden states of this request.</summary>
    public IPromptObserver? Observer { get; init; }

    /// <summary>
    /// Whether the observer sees every position of the prompt. The whole prompt is computed then; its keys and values are stored in the cache as
    /// usual. Otherwise cached prefixes are used, and the observer sees only what is computed: hidden states of computed rows, and the logits that
    /// tokens are sampled from.
    /// </summary>
    public bool ObserveWholePrompt { get; init; } = true;
}
