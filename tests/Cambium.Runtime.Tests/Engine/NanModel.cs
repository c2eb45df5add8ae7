using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Engine;
using Cambium.Runtime.Scheduling;

namespace Cambium.Runtime.Tests.Engine;

/// <summary>Another model whose scores after token 40 are NaN.</summary>
internal sealed unsafe class NanModel : CompiledModel
{
    private readonly ScriptedModel _inner;

    [SetsRequiredMembers]
    public NanModel(ScriptedModel model)
    {
        _inner = model;
        Checkpoint = model.Checkpoint;
    }

    public override ModelDefinition Definition => _inner.Definition;

    public override int OutputWidth => _inner.OutputWidth;

    public override IReadOnlyList<CacheSite> CacheSites => _inner.CacheSites;

    public override long ArenaFloats(int maxRows, int maxOutputs) => 0;

    public override void Prepare(int maxRows, int maxOutputs) => _inner.Prepare(maxRows, maxOutputs);

    public override void Run(Step step)
    {
        _inner.Run(step);
        for (var output = 0; output < step.OutputCount; output++)
        {
            if (step.Tokens[step.OutputRows[output]] == 40)
                new Span<float>(step.Logits + ((nint)output * step.LogitsStride), OutputWidth).Fill(float.NaN);
        }
    }

    protected override void Dispose(bool disposing) => _inner.Dispose();
}
