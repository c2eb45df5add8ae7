using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>Splits the hidden states of a step by sequence and passes them to the observers of each sequence.</summary>
/// <param name="inputs">All sequences.</param>
/// <param name="first">Index of the step's first sequence.</param>
/// <param name="lengths">Tokens of the step's sequences.</param>
/// <param name="batch">The step's rows.</param>
internal sealed class SequenceObserver(IReadOnlyList<EncoderInput> inputs, int first, int[] lengths, StepBatch batch) : IStepObserver
{
    private readonly int _rows = lengths.Sum();

    private delegate void Call(IPromptObserver observer, int position, ReadOnlySpan<float> values);

    public void Hidden(int index, ReadOnlySpan<float> rows, int stride, int width, int count) =>
        Show(rows, stride, width, count, (observer, position, values) => observer.Hidden(index, position, values));

    public void Tap(string name, int index, ReadOnlySpan<float> rows, int stride, int width, int count) =>
        Show(rows, stride, width, count, (observer, position, values) => observer.Tap(name, index, position, values));

    private void Show(ReadOnlySpan<float> rows, int stride, int width, int count, Call call)
    {
        var (sequence, begin) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            // Rows of results ascend as well.
            var row = count == _rows ? i : batch.OutputRows[i];
            while (row >= begin + lengths[sequence])
                begin += lengths[sequence++];
            if (inputs[first + sequence].Observer is { } observer)
                call(observer, row - begin, rows.Slice(i * stride, width));
        }
    }
}
