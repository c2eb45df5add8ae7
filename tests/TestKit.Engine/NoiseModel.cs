using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Cpu;
using Cambium.Text;

namespace Cambium.TestKit;

/// <summary>A model whose logits are pseudo-random functions of the last token and its position.</summary>
public sealed unsafe class NoiseModel : TestModel
{
    private readonly int _vocabulary;

    [SetsRequiredMembers]
    public NoiseModel(LoadedCheckpoint checkpoint)
    {
        Checkpoint = checkpoint;
        _vocabulary = checkpoint.Tokenizer!.VocabularySize;
        EntryPoints = [new("Forward", _vocabulary, [new(1, 1, 1, 1)])];
    }

    public override ModelDefinition Definition { get; } = new("Noise", ["Noise"], "noise");

    public override IReadOnlyList<EntryPoint> EntryPoints { get; }

    public static float Score(int token, int position, int candidate) =>
        (float)((Sampler.Uniform((ulong)((token * 100_003) + candidate), position) * 6) - 3);

    public override void Run(int entry, Step step)
    {
        for (var output = 0; output < step.OutputCount; output++)
        {
            var row = step.OutputRows[output];
            for (var i = 0; i < _vocabulary; i++)
                step.Logits[((nint)output * step.LogitsStride) + i] = Score(step.Tokens[row], step.Positions[row], i);
        }
    }
}
