namespace Cambium.Runtime;

/// <summary>
/// Receives logits and hidden states for every position of one request: its prompt and its generated tokens.
/// Called in ascending positions for each kind and index; spans are valid during the call only.
/// </summary>
/// <remarks>
/// <see cref="Hidden"/> and <see cref="Tap"/> are called while the step runs, on the thread that computes or completes it: on the CPU the loop's
/// thread, on other devices possibly another one. The step occupies the device, so an observer must not wait for another engine on the same device.
/// <see cref="Logits"/> is called on the loop's thread after the step. The calls of one request never overlap. An exception fails
/// this request only.
/// </remarks>
public interface IPromptObserver
{
    /// <param name="position">Index of the token in the sequence.</param>
    /// <param name="logits">[vocabulary] scores of the token that follows it.</param>
    void Logits(int position, ReadOnlySpan<float> logits);

    /// <param name="index">0 for the input of the first layer, l for the input of layer l, the number of layers for the input of the head.</param>
    /// <param name="position">Index of the token in the sequence.</param>
    /// <param name="hidden">[hidden size] the state.</param>
    void Hidden(int index, int position, ReadOnlySpan<float> hidden);

    /// <summary>
    /// Sees a value that the program shows under a name: <c>residual</c> is the residual stream after the last block, before the final norm.
    /// </summary>
    /// <param name="index">0, 1, .. among the values of one name; a model with two stacks of blocks has two <c>residual</c>.</param>
    /// <param name="position">Index of the token in the sequence.</param>
    /// <param name="values">[hidden size] the state.</param>
    void Tap(string name, int index, int position, ReadOnlySpan<float> values)
    {
    }
}
