using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;

namespace Cambium.Serving.Tests;

/// <summary>Generates scripted answers, one per prompt, and records the prompts. Supports one request at a time.</summary>
internal sealed unsafe class SpokenModel : CpuModel
{
    private readonly MarkTokenizer _tokenizer = new();
    private readonly Queue<int[]> _answers = new();
    private readonly List<int> _read = [];
    private int[] _answer = [];
    private int _begin = int.MaxValue - 1;
    private int _said;

    [SetsRequiredMembers]
    public SpokenModel()
    {
        Checkpoint = MarkTokenizer.Checkpoint();
        EntryPoints = [new("Forward", _tokenizer.VocabularySize, [new(1, 1, 1, 1)])];
    }

    public override ModelDefinition Definition { get; } = new("Spoken", ["Spoken"], "spoken");

    public override IReadOnlyList<EntryPoint> EntryPoints { get; }

    /// <summary>The last prompt.</summary>
    public string Prompt => _tokenizer.Decode([.. _read[..Math.Min(_begin + 1, _read.Count)]], skipSpecial: false);

    /// <summary>Adds answers to the script.</summary>
    public void Say(params string[] answers)
    {
        foreach (var answer in answers)
            _answers.Enqueue([.. _tokenizer.Encode(answer, parseSpecial: true), MarkTokenizer.Eos]);
    }

    public override void Run(int entry, Step step)
    {
        // Cached positions of the prompt keep the tokens of earlier prompts.
        for (var row = 0; row < step.Rows; row++)
        {
            _read.RemoveRange(Math.Min(step.Positions[row], _read.Count), _read.Count - Math.Min(step.Positions[row], _read.Count));
            _read.Add(step.Tokens[row]);
        }

        for (var output = 0; output < step.OutputCount; output++)
        {
            var position = step.Positions[step.OutputRows[output]];
            // Decode continues one row at a time; any other step starts a new prompt.
            if (step.Rows > 1 || position != _begin + 1 + _said)
                (_answer, _begin, _said) = (_answers.Dequeue(), position, -1);
            _said++;
            var logits = new Span<float>(step.Logits + ((nint)output * step.LogitsStride), _tokenizer.VocabularySize);
            logits.Clear();
            logits[_answer[Math.Min(_said, _answer.Length - 1)]] = 9;
        }
    }
}
