using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>Hands the rows of a step to the observers of the requests they belong to.</summary>
internal sealed unsafe class Observers(Scheduler scheduler, Planner planner, StepBuffers buffers) : IStepObserver
{
    /// <summary>Results of the step that runs.</summary>
    public int OutputCount;

    /// <summary>Whether some request now has a <see cref="Generation.Failure"/>.</summary>
    public bool Failed;

    private delegate void Call(IPromptObserver observer, int position, ReadOnlySpan<float> values);

    public void Hidden(int index, float* rows, int stride, int width, int count) =>
        ShowRows(rows, stride, width, count, (observer, position, values) => observer.Hidden(index, position, values));

    public void Tap(string name, int index, float* rows, int stride, int width, int count) =>
        ShowRows(rows, stride, width, count, (observer, position, values) => observer.Tap(name, index, position, values));

    /// <summary>Shows the results, and moves on past them.</summary>
    public void Logits(int width)
    {
        for (var i = 0; i < OutputCount; i++)
        {
            var row = buffers.OutputRows[i];
            if (Of(row) is not { Request.Observer: { } observer } generation || buffers.Positions[row] < generation.Observed)
                continue;
            var values = new ReadOnlySpan<float>(buffers.Logits + ((nint)i * buffers.LogitsStride), width);
            Show(generation, observer, buffers.Positions[row], values, static (observer, position, values) => observer.Logits(position, values));
            generation.Observed = buffers.Positions[row] + 1;
        }
    }

    private void ShowRows(float* rows, int stride, int width, int count, Call call)
    {
        var all = count == planner.Rows;
        for (var i = 0; i < count; i++)
        {
            var row = all ? i : buffers.OutputRows[i];
            if (Of(row) is { Request.Observer: { } observer } generation && buffers.Positions[row] is var position && position >= generation.Observed)
                Show(generation, observer, position, new ReadOnlySpan<float>(rows + ((nint)i * stride), width), call);
        }
    }

    /// <summary>An observer's exception fails only its own request.</summary>
    private void Show(Generation generation, IPromptObserver observer, int position, ReadOnlySpan<float> values, Call call)
    {
        if (generation.Failure is not null)
            return;
        try
        {
            call(observer, position, values);
        }
        catch (Exception e)
        {
            generation.Failure = new EngineFailedException($"The observer of request {generation.Number} failed at position {position}: {e.Message}", e);
            Failed = true;
        }
    }

    private Generation Of(int row) => (Generation)scheduler.At(planner.OwnerOfRow[row]);
}
