using Cambium.Runtime;

namespace Cambium.TestKit;

/// <summary>A program that lets another one compute its steps. Derive from it to watch or delay them.</summary>
public class DelegatingProgram(CompiledModel model, ModelProgram inner) : ModelProgram(model, inner.Limits, inner.Batch)
{
    public override long AttentionTicks => inner.AttentionTicks;

    public override double? AttentionSaving => inner.AttentionSaving;

    public override ReadOnlySpan<float> Result(int result, int output) => inner.Result(result, output);

    public override AttentionProduct? Product(int site, int layer, bool ofKeys) => inner.Product(site, layer, ofKeys);

    protected override void Start()
    {
        (inner.Plan, inner.Observer) = (Plan, Observer);
        inner.Launch();
    }

    protected override void Complete() => inner.Await();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
    }
}
