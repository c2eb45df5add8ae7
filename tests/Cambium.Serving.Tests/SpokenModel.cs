using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;

namespace Cambium.Serving.Tests;

/// <summary>Says what it is told to, an answer for each prompt, and remembers the prompts. For one request at a time.</summary>
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

    /// <summary>Everything read so far, from the beginning of the last prompt on.</summary>
    public string Prompt => _tokenizer.Decode([.. _read[..Math.Min(_begin + 1, _read.Count)]], skipSpecial: false);

    /// <summary>What it says next.</summary>
    public void Say(params string[] answers)
    {
        foreach (var answer in answers)
            _answers.Enqueue([.. _tokenizer.Encode(answer, parseSpecial: true), MarkTokenizer.EndOfText]);
    }

    public override void Run(int entry, Step step)
    {
        // Positions of the prompt that were cached are those that were read before.
        for (var row = 0; row < step.Rows; row++)
        {
            _read.RemoveRange(Math.Min(step.Positions[row], _read.Count), _read.Count - Math.Min(step.Positions[row], _read.Count));
            _read.Add(step.Tokens[row]);
        }

        for (var output = 0; output < step.OutputCount; output++)
        {
            var position = step.Positions[step.OutputRows[output]];
            // An answer goes on row by row; anything else is another prompt.
            if (step.Rows > 1 || position != _begin + 1 + _said)
                (_answer, _begin, _said) = (_answers.Dequeue(), position, -1);
            _said++;
            var logits = new Span<float>(step.Logits + ((nint)output * step.LogitsStride), _tokenizer.VocabularySize);
            logits.Clear();
            logits[_answer[Math.Min(_said, _answer.Length - 1)]] = 9;
        }
    }
}
