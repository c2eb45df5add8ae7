using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime;
using Cambium.Runtime.Steps;

namespace Cambium.TestKit;

/// <summary>A <see cref="ScriptedModel"/> whose logits after token 40 are NaN.</summary>
public sealed unsafe class NanModel : CompiledModel
{
    private readonly ScriptedModel _inner;

    [SetsRequiredMembers]
    public NanModel(ScriptedModel model)
    {
        _inner = model;
        Checkpoint = model.Checkpoint;
    }

    public override ModelDefinition Definition => _inner.Definition;

    public override IReadOnlyList<EntryPoint> EntryPoints => _inner.EntryPoints;

    public override long ArenaBytes(int entry, int maxRows, int maxOutputs) => 0;

    public override void Prepare(int entry, int maxRows, int maxOutputs) => _inner.Prepare(entry, maxRows, maxOutputs);

    public override void Run(int entry, Step step)
    {
        _inner.Run(entry, step);
        for (var output = 0; output < step.OutputCount; output++)
        {
            if (step.Tokens[step.OutputRows[output]] == 40)
                new Span<float>(step.Logits + ((nint)output * step.LogitsStride), OutputWidth).Fill(float.NaN);
        }
    }

    protected override void Dispose(bool disposing) => _inner.Dispose();
}
