using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>One item of a stream: a token and the text that became final with it.</summary>
/// <param name="Token">The sampled token. An EOS token is reported too, as the last item.</param>
/// <param name="Text">
/// Text that can no longer change, possibly empty: an unfinished UTF-8 character and a possible beginning of a stop string are held back.
/// Empty without a tokenizer. The concatenation over a stream is the whole answer.
/// </param>
/// <param name="Finish">Other than <see cref="FinishReason.None"/> on the last item of an answer only.</param>
/// <param name="Usage">Filled on the last item of an answer.</param>
public readonly record struct GeneratedToken(int Token, string Text, FinishReason Finish, Usage Usage)
{
    /// <summary>Index of the answer it belongs to.</summary>
    public int Fork { get; init; }

    /// <summary>Log probability of the token; null if the request does not ask for it.</summary>
    public LogProbabilities? LogProbabilities { get; init; }

    /// <summary>
    /// On the first item, if the request asks for it: log probability of each prompt token given those before it. The first token has none.
    /// </summary>
    public IReadOnlyList<LogProbabilities?>? PromptLogProbabilities { get; init; }

    /// <summary>Whether this is the last item of the stream.</summary>
    public bool IsLast => Finish != FinishReason.None && !OthersFollow;

    /// <summary>On the last item of an answer: whether other answers to the same request follow.</summary>
    internal bool OthersFollow { get; init; }
}
