using System.Diagnostics.CodeAnalysis;
using Cambium.Checkpoints;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>A model that can throw on the loop's thread outside of a step, so that the loop itself fails.</summary>
internal sealed class BrokenModel : TestModel
{
    private readonly ScriptedModel _inner = new();

    [SetsRequiredMembers]
    public BrokenModel() => Checkpoint = null!;

    public volatile bool IsBroken;

    public override ModelDefinition Definition => _inner.Definition;

    public override int OutputWidth =>
        IsBroken && Thread.CurrentThread.Name == "Cambium engine" ? throw new DivideByZeroException() : _inner.OutputWidth;

    public override IReadOnlyList<EntryPoint> EntryPoints => _inner.EntryPoints;

    public override void Run(int entry, Step step) => _inner.Run(entry, step);

    protected override void Dispose(bool disposing) => _inner.Dispose();
}
