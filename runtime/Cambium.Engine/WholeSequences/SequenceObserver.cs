using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>Hands the hidden states of a step of whole sequences to the observers of each.</summary>
/// <param name="inputs">All sequences.</param>
/// <param name="first">Index of the step's first sequence.</param>
/// <param name="lengths">Tokens of the step's sequences.</param>
/// <param name="batch">The step's rows.</param>
internal sealed class SequenceObserver(IReadOnlyList<EncoderInput> inputs, int first, int[] lengths, StepBatch batch) : IStepObserver
{
    private readonly int _rows = lengths.Sum();

    public void Hidden(int index, ReadOnlySpan<float> rows, int stride, int width, int count)
    {
        var (sequence, begin) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            // Rows of results ascend as well.
            var row = count == _rows ? i : batch.OutputRows[i];
            while (row >= begin + lengths[sequence])
                begin += lengths[sequence++];
            inputs[first + sequence].Observer?.Hidden(index, row - begin, rows.Slice(i * stride, width));
        }
    }
}
