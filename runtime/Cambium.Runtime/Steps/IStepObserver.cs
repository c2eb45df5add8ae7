namespace Cambium.Runtime.Steps;

/// <summary>Looks at a model's hidden states while a step runs.</summary>
/// <remarks>
/// Called on the thread that computes or completes the step: on the CPU the thread that awaits it, on other devices possibly another one. The step
/// occupies the device, so an observer must not wait for another engine on the same device.
/// </remarks>
public interface IStepObserver
{
    /// <param name="index">0 for the input of the first layer, l for the input of layer l, the number of layers for the input of the head.</param>
    /// <param name="rows">[count, stride] row-major values.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="width">Floats of a row that count.</param>
    /// <param name="count">Rows: all of the step's, or its output rows for the last index.</param>
    void Hidden(int index, ReadOnlySpan<float> rows, int stride, int width, int count);

    /// <summary>
    /// Sees rows that the program shows under a name: <c>residual</c> is the residual stream after the last block, before the final norm.
    /// </summary>
    /// <param name="index">0, 1, .. among the taps of one name; a model with two stacks of blocks has two <c>residual</c>.</param>
    /// <param name="rows">[count, stride] row-major values.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="width">Floats of a row that count.</param>
    /// <param name="count">Rows: all of the step's, or its output rows.</param>
    void Tap(string name, int index, ReadOnlySpan<float> rows, int stride, int width, int count);
}
