using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Cpu;

namespace Cambium.TestKit;

/// <summary>
/// A model without arithmetic: a script maps the token and position of a row to the next token. It stores a mark for each token in the KV cache,
/// reads the marks back along the attention plan, and fails if the path of a row does not hold the row's tokens at their positions.
/// </summary>
public sealed unsafe class ScriptedModel : TestModel
{
    public const int Vocabulary = TinyModel.Vocabulary;

    [SetsRequiredMembers]
    public ScriptedModel(Func<int, int, int>? script = null, LoadedCheckpoint? checkpoint = null, string name = "Scripted")
    {
        Definition = new(name, [name], "scripted");
        Checkpoint = checkpoint!;
        Script = script ?? (static (token, position) => ((token * 7) + position + 1) % Vocabulary);
    }

    /// <summary>Maps (token, position) to the next token.</summary>
    public Func<int, int, int> Script { get; }

    /// <summary>Called at the beginning of every step.</summary>
    public Action<Step>? BeforeStep { get; set; }

    /// <summary>Rows computed so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Keys read back and compared.</summary>
    public long Checked { get; private set; }

    public override ModelDefinition Definition { get; }

    public override IReadOnlyList<EntryPoint> EntryPoints { get; } = [new("Forward", Vocabulary, [new(1, 1, 1, 1)])];

    public override void Run(int entry, Step step)
    {
        BeforeStep?.Invoke(step);
        Rows += step.Rows;
        for (var row = 0; row < step.Rows; row++)
            ((float*)step.Layout.Key(step.Chunk(step.PageOfRow[row]), 0, 0, 0))[step.SlotOfRow[row]] = Mark(step.Tokens[row], step.Positions[row]);
        CheckPaths(step);
        for (var output = 0; output < step.OutputCount; output++)
        {
            var logits = new Span<float>(step.Logits + ((nint)output * step.LogitsStride), Vocabulary);
            logits.Clear();
            var row = step.OutputRows[output];
            logits[Script(step.Tokens[row], step.Positions[row])] = 9;
        }
    }

    private static float Mark(int token, int position) => (position * 100) + token;

    // Positions along a path are 0, 1, 2, ... up to the row's own, those of given keys included, and the mark of each key of a token contains its
    // position.
    private void CheckPaths(Step step)
    {
        var plan = step.Plan;
        for (var block = 0; block < plan.Blocks.Count; block++)
        {
            for (var row = plan.Blocks.Begin[block]; row < plan.Blocks.End[block]; row++)
            {
                var next = 0;
                for (var i = plan.Blocks.NodeBegin[block]; i < plan.Blocks.NodeBegin[block + 1]; i++)
                {
                    var node = plan.Blocks.Nodes[i];
                    if (row < plan.RowBegin[node] || row >= plan.RowEnd[node])
                        continue;
                    if (plan.Kind[node] != NodeKind.Tokens)
                    {
                        if (plan.Kind[node] == NodeKind.Rows && plan.FirstPosition[node] == next)
                            next += plan.Count[node];
                        continue;
                    }

                    var keys = (float*)step.Layout.Key(step.Chunk(plan.Page[node]), 0, 0, 0);
                    for (var slot = 0; slot < plan.Count[node] && next <= step.Positions[row]; slot++, next++)
                    {
                        if (plan.FirstPosition[node] + slot != next || (int)keys[slot] / 100 != next)
                            throw new InvalidOperationException($"Row {row} finds {keys[slot]} at position {next}.");
                        Checked++;
                    }
                }

                if (next != step.Positions[row] + 1)
                    throw new InvalidOperationException($"Row {row} at position {step.Positions[row]} finds {next} keys.");
            }
        }
    }
}
