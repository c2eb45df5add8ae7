using Cambium.Runtime.Loading;
using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>The prompt of a request as tokens.</summary>
internal static class PromptEncoding
{
    /// <param name="checkpoint">Has the tokenizer; null for a model without a checkpoint.</param>
    /// <param name="before">
    /// Tokens that the prompt continues. Without any the special tokens of the tokenizer's template are added to text; without a text before it, the
    /// prompt is encoded as the beginning of one.
    /// </param>
    /// <exception cref="RequestRefusedException">The request has two prompts, or text without a tokenizer.</exception>
    public static ReadOnlyMemory<int> Encode(Request request, LoadedCheckpoint? checkpoint, ReadOnlySpan<int> before)
    {
        if (request.Prompt is not { } text)
            return request.PromptTokens;
        if (!request.PromptTokens.IsEmpty)
            throw new RequestRefusedException("Both Prompt and PromptTokens are given; leave one out.");
        if (checkpoint?.Tokenizer is not { } tokenizer)
            throw new RequestRefusedException("A prompt of text needs a tokenizer, and the checkpoint has none; give PromptTokens.");
        return TextStream.HasText(tokenizer, before)
            ? tokenizer.EncodeContinuation(text, request.ParseSpecialTokens)
            : tokenizer.Encode(text, addSpecial: before.IsEmpty, request.ParseSpecialTokens);
    }
}
