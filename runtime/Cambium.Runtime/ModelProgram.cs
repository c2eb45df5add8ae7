using Cambium.Runtime.Steps;

namespace Cambium.Runtime;

/// <summary>
/// One instance of a model's entry point on a device, for steps up to a size. It owns the working memory, the data of the step and the results, so
/// that several instances of one model run at the same time. The model's weights are shared and only read. One step runs at a time in an instance.
/// Not thread safe.
/// </summary>
public abstract class ModelProgram : IDisposable
{
    // Steps nest on a thread: an observer may run another model. Each program refers to the one around it, so that the chain allocates nothing.
    [ThreadStatic]
    private static ModelProgram? s_innermost;

    private ModelProgram? _outer;
    private bool _isLaunched;

    /// <param name="model">The model.</param>
    /// <param name="limits">The entry point and the largest step.</param>
    /// <param name="batch">Receives the rows of each step.</param>
    protected ModelProgram(CompiledModel model, in ProgramLimits limits, StepBatch batch) => (Model, Limits, Batch) = (model, limits, batch);

    /// <summary>The model.</summary>
    public CompiledModel Model { get; }

    /// <summary>The entry point and the largest step.</summary>
    public ProgramLimits Limits { get; }

    /// <summary>The rows of the coming step. The host writes them before <see cref="Launch"/> and may read them at any time.</summary>
    public StepBatch Batch { get; }

    /// <summary>The attention of the coming step.</summary>
    public AttentionPlan Plan { get; set; } = new();

    /// <summary>Sees the hidden states of the coming step; null for none.</summary>
    public IStepObserver? Observer { get; set; }

    /// <summary><see cref="System.Diagnostics.Stopwatch"/> ticks that attention took in all steps.</summary>
    public abstract long AttentionTicks { get; }

    /// <summary>
    /// How much less time attention takes by blocks across sequences than by <see cref="AttentionPlan.Unshared"/>, as a share of the latter; null
    /// before anything was measured.
    /// </summary>
    public abstract double? AttentionSaving { get; }

    /// <summary>[output width] one row of the first result of the last step.</summary>
    /// <param name="output">Index in <see cref="StepBatch.OutputRows"/>.</param>
    public ReadOnlySpan<float> Logits(int output) => Result(0, output);

    /// <summary>[width of the result] one row of a result of the last step.</summary>
    /// <param name="result">Index in <see cref="EntryPoint.Results"/>.</param>
    /// <param name="output">Index in <see cref="StepBatch.OutputRows"/>.</param>
    public abstract ReadOnlySpan<float> Result(int result, int output);

    /// <summary>The product that gives the keys or the values of an attention site, before norm and rotation.</summary>
    /// <param name="site">Index of the site of the first entry point.</param>
    /// <param name="layer">Layer of the site.</param>
    /// <param name="ofKeys">Of the keys, or of the values.</param>
    /// <returns>null if they do not come from one product with a weight.</returns>
    public virtual AttentionProduct? Product(int site, int layer, bool ofKeys) => null;

    /// <summary>
    /// Starts the step that <see cref="Batch"/> and <see cref="Plan"/> describe. They must not change until <see cref="Await"/> returns. Allocates
    /// nothing.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    /// <exception cref="InvalidOperationException">A step of this instance is running, or the call comes from within a step of the model.</exception>
    public void Launch()
    {
        if (_isLaunched || Model.RunsOnThisThread)
            throw new InvalidOperationException(
                $"A step of {Model.Definition.Name} was started from within one of its own steps; an observer must not run the model.");
        Model.BeginStep();
        _isLaunched = true;
        try
        {
            Start();
        }
        catch
        {
            End();
            throw;
        }
    }

    /// <summary>Waits for the step. Results can be read afterwards. An exception of the step is thrown here.</summary>
    public void Await()
    {
        if (!_isLaunched)
            throw new InvalidOperationException($"No step of {Model.Definition.Name} was launched.");
        _outer = s_innermost;
        s_innermost = this;
        try
        {
            Complete();
        }
        finally
        {
            s_innermost = _outer;
            _outer = null;
            End();
        }
    }

    /// <summary>Frees what the instance owns. A step that was launched and not awaited ends without results.</summary>
    /// <exception cref="InvalidOperationException">A step of this instance is launched, and the call comes from within a step of the
    /// model.</exception>
    public void Dispose()
    {
        if (_isLaunched && Model.RunsOnThisThread)
            throw new InvalidOperationException(
                $"A program of {Model.Definition.Name} was disposed from within one of its own steps; dispose it when the step has ended.");
        try
        {
            Dispose(true);
        }
        finally
        {
            if (_isLaunched)
                End();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Whether the calling thread is inside a step of a model.</summary>
    internal static bool IsInsideStepOf(CompiledModel model)
    {
        for (var program = s_innermost; program is not null; program = program._outer)
        {
            if (program.Model == model)
                return true;
        }

        return false;
    }

    /// <summary>Begins the step. It may run on until <see cref="Complete"/>.</summary>
    protected abstract void Start();

    /// <summary>Returns when the step is done.</summary>
    protected abstract void Complete();

    /// <summary>Frees what the instance owns. A step that has begun is waited for first.</summary>
    protected abstract void Dispose(bool disposing);

    private void End()
    {
        _isLaunched = false;
        Model.EndStep();
    }
}
