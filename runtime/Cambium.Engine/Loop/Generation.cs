using Cambium.Constraints;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Scheduling;

namespace Cambium.Runtime;

/// <summary>One answer that is being generated: the scheduler's sequence, and the state of sampling and text.</summary>
/// <param name="owner">The request it answers.</param>
/// <param name="fork">Index among the answers of the request.</param>
internal sealed class Generation(ActiveRequest owner, int fork) : Sequence
{
    // Answers of unknown length begin with room for this many tokens and grow; a stated length is reserved whole.
    private const int FirstRoom = 256;

    public ActiveRequest Owner { get; } = owner;

    // The next three are copies: steps read them for every row, and each object between costs a cache miss.
    public Request Request { get; } = owner.Request;

    public ITokenSink Sink { get; } = owner.Sink;

    public IPromptObserver? Observer { get; } = owner.Request.Observer;

    public int Fork { get; } = fork;

    public ulong Seed;

    /// <summary>Tokens that fit the request and the context.</summary>
    public int MaxTokens;

    /// <summary>Tokens that the request or the engine allows; more than <see cref="MaxTokens"/> if the context ends first.</summary>
    public int WantedTokens;

    public AnswerText? Text;

    public TokenSet EosTokens = TokenSet.Empty;

    /// <summary>State of the request's constraint.</summary>
    public ConstraintCursor? Constraint;

    /// <summary>Number of alternatives reported with each log probability; null if none are wanted.</summary>
    public int? LogProbabilities;

    /// <summary>Log probability of the token that was sampled last.</summary>
    public LogProbabilities? Chosen;

    /// <summary>Log probabilities of the prompt's tokens by their index, if they are wanted.</summary>
    public LogProbabilities?[]? PromptLogProbabilities;

    /// <summary>Why no token could be sampled.</summary>
    public Exception? SamplingError;

    /// <summary>Prompt tokens read from the cache; decided when the first token is sampled.</summary>
    public int CachedTokens;

    /// <summary>When it was submitted, if it has a deadline.</summary>
    public long Begun;

    /// <summary>Why it has to end.</summary>
    public Exception? Failure;

    /// <summary>Tokens whose logits the observer has seen.</summary>
    public int Observed;

    /// <summary>Whether it waits or runs.</summary>
    public bool IsActive;

    /// <summary>How messages call its request. Numbers count the requests of all tenants, so only requests without a tenant see theirs.</summary>
    public string RequestName => Request.Tenant.Length == 0 ? $"request {Number}" : "a request of this tenant";

    public void Add(int token)
    {
        if (Length == Tokens.Length)
            Array.Resize(ref Tokens, Generated == 0 ? FirstSize : (int)Math.Min((long)PromptLength + MaxTokens, 2L * Tokens.Length));
        Tokens[Length++] = token;
    }

    // The prompt's array is common to all answers of the request until an answer has a token of its own.
    private int FirstSize => PromptLength + (WantedTokens == int.MaxValue ? Math.Min(MaxTokens, FirstRoom) : MaxTokens);

    /// <summary>Why the answer ends with its newest token; <see cref="FinishReason.None"/> if it goes on.</summary>
    public FinishReason FinishOf(int token) =>
        EosTokens.Contains(token) ? FinishReason.Eos
        : Text is { Stopped: true } ? FinishReason.StopString
        : Constraint is { MustEnd: true } ? FinishReason.Complete
        : Generated < MaxTokens ? FinishReason.None
        : Generated >= WantedTokens ? FinishReason.Length : FinishReason.ContextFull;
}
