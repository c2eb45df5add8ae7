namespace Cambium.Runtime.Engine;

/// <summary>One item of a stream: a token and the text that became certain with it.</summary>
/// <param name="Token">The sampled token. An end-of-text token is reported too, as the last item.</param>
/// <param name="Text">
/// Text that can no longer change, possibly empty: an unfinished UTF-8 character and the beginning of a stop string are held back until they are
/// decided. Empty where there is no tokenizer. The concatenation over a stream is the whole answer.
/// </param>
/// <param name="Finish">Other than <see cref="FinishReason.None"/> on the last item only.</param>
/// <param name="Usage">Filled on the last item.</param>
public readonly record struct GeneratedToken(int Token, string Text, FinishReason Finish, Usage Usage)
{
    /// <summary>Whether this is the last item of the stream.</summary>
    public bool IsLast => Finish != FinishReason.None;
}
