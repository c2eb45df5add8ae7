using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;

namespace Cambium.TestKit;

/// <summary>A <see cref="ScriptedModel"/> whose logits after token 40 are NaN.</summary>
public sealed unsafe class NanModel : TestModel
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
