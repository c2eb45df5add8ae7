using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>Hands the rows of a step to the observers of the requests they belong to.</summary>
internal sealed class Observers(Scheduler scheduler, Planner planner, ModelProgram program) : IStepObserver
{
    /// <summary>Whether some request now has a <see cref="Generation.Failure"/>.</summary>
    public bool Failed;

    public void Hidden(int index, ReadOnlySpan<float> rows, int stride, int width, int count)
    {
        var all = count == planner.Rows;
        for (var i = 0; i < count; i++)
        {
            var row = all ? i : program.Batch.OutputRows[i];
            if (Of(row) is { Request.Observer: { } observer } generation && program.Batch.Positions[row] is var position && position >= generation.Observed)
                Show(generation, observer, index, position, rows.Slice(i * stride, width));
        }
    }

    /// <summary>Shows the results, and moves on past them.</summary>
    public void Logits()
    {
        for (var i = 0; i < program.Batch.OutputCount; i++)
        {
            var row = program.Batch.OutputRows[i];
            if (Of(row) is not { Request.Observer: { } observer } generation || program.Batch.Positions[row] < generation.Observed)
                continue;
            Show(generation, observer, -1, program.Batch.Positions[row], program.Logits(i));
            generation.Observed = program.Batch.Positions[row] + 1;
        }
    }

    // What goes wrong in an observer is the affair of its request alone. Index -1: logits.
    private void Show(Generation generation, IPromptObserver observer, int index, int position, ReadOnlySpan<float> values)
    {
        if (generation.Failure is not null)
            return;
        try
        {
            if (index < 0)
                observer.Logits(position, values);
            else
                observer.Hidden(index, position, values);
        }
        catch (Exception e)
        {
            generation.Failure = new EngineFailedException($"The observer of request {generation.Number} failed at position {position}: {e.Message}", e);
            Failed = true;
        }
    }

    private Generation Of(int row) => (Generation)scheduler.At(planner.OwnerOfRow[row]);
}
