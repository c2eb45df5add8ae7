using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>One item of a stream: a token and the text that became certain with it.</summary>
/// <param name="Token">The sampled token. An end-of-text token is reported too, as the last item.</param>
/// <param name="Text">
/// Text that can no longer change, possibly empty: an unfinished UTF-8 character and the beginning of a stop string are held back until they are
/// decided. Empty where there is no tokenizer. The concatenation over a stream is the whole answer.
/// </param>
/// <param name="Finish">Other than <see cref="FinishReason.None"/> on the last item of an answer only.</param>
/// <param name="Usage">Filled on the last item of an answer.</param>
public readonly record struct GeneratedToken(int Token, string Text, FinishReason Finish, Usage Usage)
{
    /// <summary>Which of the request's answers it belongs to.</summary>
    public int Fork { get; init; }

    /// <summary>How likely the token was; null where the request does not ask.</summary>
    public LogProbabilities? LogProbabilities { get; init; }

    /// <summary>On the first item, where the request asks: how likely each token of the prompt was after those before it. The first token has none.</summary>
    public IReadOnlyList<LogProbabilities?>? PromptLogProbabilities { get; init; }

    /// <summary>Whether this is the last item of the stream.</summary>
    public bool IsLast => Finish != FinishReason.None && !OthersFollow;

    /// <summary>Whether other answers to the same request go on.</summary>
    internal bool OthersFollow { get; init; }
}
