namespace Cambium.Runtime;

/// <summary>
/// Sees what a model computes at every position of one request: of its prompt, and of the tokens generated so far.
/// Called on the loop's thread, in ascending positions for each kind and index; spans are valid during the call only.
/// </summary>
public interface IPromptObserver
{
    /// <param name="position">Index of the token in the sequence.</param>
    /// <param name="logits">[vocabulary] scores of the token that follows it.</param>
    void Logits(int position, ReadOnlySpan<float> logits);

    /// <param name="index">0 for what enters the first layer, l for what enters layer l, the number of layers for what the head reads.</param>
    /// <param name="position">Index of the token in the sequence.</param>
    /// <param name="hidden">[hidden size] the state.</param>
    void Hidden(int index, int position, ReadOnlySpan<float> hidden);
}
