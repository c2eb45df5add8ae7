using Cambium.Constraints;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Scheduling;

namespace Cambium.Runtime;

/// <summary>A request on its way: the sequence the scheduler sees, and what becomes of its results.</summary>
internal sealed class Generation(Request request, ITokenSink sink) : Sequence
{
    public readonly Request Request = request;
    public readonly ITokenSink Sink = sink;

    public ulong Seed;
    public int MaxTokens;
    public AnswerText? Text;
    public IReadOnlyList<int> EndOfText = [];

    /// <summary>How far it satisfies the request's constraint, if there is one.</summary>
    public ConstraintCursor? Constraint;

    /// <summary>The answers that the request has beside this one, and this one; null if there is only one.</summary>
    public Forks? Forks;

    /// <summary>Likeliest tokens wanted with each log probability; null where none is wanted.</summary>
    public int? LogProbabilities;

    /// <summary>Of the token that was chosen last.</summary>
    public LogProbabilities? Chosen;

    /// <summary>Of the prompt's tokens by their position, where they are wanted.</summary>
    public LogProbabilities?[]? PromptLogProbabilities;

    /// <summary>Why no token could be chosen.</summary>
    public Exception? Unsampled;

    /// <summary>Prompt tokens read from the tree; decided when the first token is sampled.</summary>
    public int CachedTokens;

    /// <summary>When it was submitted, if it has a deadline.</summary>
    public long Begun;

    /// <summary>Why it has to end, if it does.</summary>
    public Exception? Failure;

    /// <summary>Positions before this one were shown to the observer.</summary>
    public int Observed;

    public bool EndsText(int token)
    {
        // A handful of ids at most: a loop without an enumerator.
        for (var i = 0; i < EndOfText.Count; i++)
        {
            if (EndOfText[i] == token)
                return true;
        }

        return false;
    }

    public void Add(int token, int capacity)
    {
        if (Length == Tokens.Length)
            Array.Resize(ref Tokens, (int)Math.Min(capacity, 2L * Tokens.Length));
        Tokens[Length++] = token;
    }
}
