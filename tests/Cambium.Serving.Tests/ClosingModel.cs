using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;

namespace Cambium.Serving.Tests;

/// <summary>All tokens are equally likely, except that marks which end values of JSON are likelier.</summary>
internal sealed unsafe class ClosingModel : CpuModel
{
    private readonly int _vocabulary = new MarkTokenizer().VocabularySize;

    [SetsRequiredMembers]
    public ClosingModel()
    {
        Checkpoint = MarkTokenizer.Checkpoint();
        EntryPoints = [new("Forward", _vocabulary, [new(1, 1, 1, 1)])];
    }

    public override ModelDefinition Definition { get; } = new("Closing", ["Closing"], "closing");

    public override IReadOnlyList<EntryPoint> EntryPoints { get; }

    public override void Run(int entry, Step step)
    {
        for (var output = 0; output < step.OutputCount; output++)
        {
            var logits = new Span<float>(step.Logits + ((nint)output * step.LogitsStride), _vocabulary);
            logits.Clear();
            foreach (var mark in "\"]},n")
                logits[mark] = 3;
        }
    }
}
