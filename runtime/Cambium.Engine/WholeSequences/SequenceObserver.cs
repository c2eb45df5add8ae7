using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>Hands the hidden states of a step of whole sequences to the observers of each.</summary>
/// <param name="first">Index of the step's first sequence.</param>
/// <param name="lengths">Tokens of the step's sequences.</param>
internal sealed unsafe class SequenceObserver(IReadOnlyList<EncoderInput> inputs, int first, int[] lengths, StepBuffers buffers) : IStepObserver
{
    private readonly int _rows = lengths.Sum();

    public void Hidden(int index, float* rows, int stride, int width, int count)
    {
        var (sequence, begin) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            // Rows of results ascend as well.
            var row = count == _rows ? i : buffers.OutputRows[i];
            while (row >= begin + lengths[sequence])
                begin += lengths[sequence++];
            inputs[first + sequence].Observer?.Hidden(index, row - begin, new ReadOnlySpan<float>(rows + ((nint)i * stride), width));
        }
    }
}
