using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>Hands the hidden states of a step of whole sequences to the observers of each.</summary>
/// <param name="first">Index of the step's first sequence.</param>
/// <param name="lengths">Tokens of the step's sequences.</param>
internal sealed unsafe class SequenceObserver(IReadOnlyList<EncoderInput> inputs, int first, int[] lengths, StepBuffers buffers) : IStepObserver
{
    private readonly int _rows = lengths.Sum();

    public void Hidden(int index, float* rows, int stride, int width, int count) =>
        Show(rows, stride, width, count, (observer, position, values) => observer.Hidden(index, position, values));

    public void Tap(string name, int index, float* rows, int stride, int width, int count) =>
        Show(rows, stride, width, count, (observer, position, values) => observer.Tap(name, index, position, values));

    private delegate void Call(IPromptObserver observer, int position, ReadOnlySpan<float> values);

    private void Show(float* rows, int stride, int width, int count, Call call)
    {
        var (sequence, begin) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            // Rows of results ascend as well.
            var row = count == _rows ? i : buffers.OutputRows[i];
            while (row >= begin + lengths[sequence])
                begin += lengths[sequence++];
            if (inputs[first + sequence].Observer is { } observer)
                call(observer, row - begin, new ReadOnlySpan<float>(rows + ((nint)i * stride), width));
        }
    }
}
