using Cambium.Runtime.Loading;

namespace Cambium.Runtime;

/// <summary>The prompt of a request as tokens.</summary>
internal static class PromptEncoding
{
    /// <param name="checkpoint">Has the tokenizer; null for a model without a checkpoint.</param>
    /// <param name="addSpecial">Whether the special tokens of the tokenizer's template are added to text.</param>
    /// <exception cref="RequestRefusedException">The request has two prompts, or text without a tokenizer.</exception>
    public static ReadOnlyMemory<int> Encode(Request request, LoadedCheckpoint? checkpoint, bool addSpecial)
    {
        if (request.Prompt is not { } text)
            return request.PromptTokens;
        if (!request.PromptTokens.IsEmpty)
            throw new RequestRefusedException("Both Prompt and PromptTokens are given; leave one out.");
        return checkpoint?.Tokenizer is { } tokenizer
            ? tokenizer.Encode(text, addSpecial, request.ParseSpecialTokens)
            : throw new RequestRefusedException("A prompt of text needs a tokenizer, and the checkpoint has none; give PromptTokens.");
    }
}
