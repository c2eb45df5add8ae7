namespace Cambium.Runtime;

/// <summary>
/// Receives logits and hidden states for every position of one request: its prompt and its generated tokens.
/// Called on the loop's thread, in ascending positions for each kind and index; spans are valid during the call only.
/// </summary>
public interface IPromptObserver
{
    /// <param name="position">Index of the token in the sequence.</param>
    /// <param name="logits">[vocabulary] scores of the token that follows it.</param>
    void Logits(int position, ReadOnlySpan<float> logits);

    /// <param name="index">0 for the input of the first layer, l for the input of layer l, the number of layers for the input of the head.</param>
    /// <param name="position">Index of the token in the sequence.</param>
    /// <param name="hidden">[hidden size] the state.</param>
    void Hidden(int index, int position, ReadOnlySpan<float> hidden);
}
