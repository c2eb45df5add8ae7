using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;

namespace Cambium.TestKit;

/// <summary>
/// Two attention layers over the KV cache with fixed random weights, written by hand, with odd sizes. Everything except attention is a plain loop
/// over one row, so that only attention, the tree and the scheduler can make the output of a row depend on other rows.
/// </summary>
public sealed unsafe class TinyModel : TestModel
{
    public const int Vocabulary = 41;

    private const int Hidden = 20;
    private const int Layers = 2;
    private const int Heads = 4;
    private const int KvHeads = 2;
    private const int KeySize = 9;
    private const int ValueSize = 11;

    private readonly float[] _embedding;
    private readonly float[][] _query = new float[Layers][];
    private readonly float[][] _key = new float[Layers][];
    private readonly float[][] _value = new float[Layers][];
    private readonly float[][] _out = new float[Layers][];
    private readonly float[] _head;

    [SetsRequiredMembers]
    public TinyModel(LoadedCheckpoint? checkpoint = null)
    {
        Checkpoint = checkpoint!;
        var random = new Random(5);
        _embedding = Weights(random, Vocabulary * Hidden, 1);
        for (var layer = 0; layer < Layers; layer++)
        {
            _query[layer] = Weights(random, Heads * KeySize * Hidden, 0.7f);
            _key[layer] = Weights(random, KvHeads * KeySize * Hidden, 0.7f);
            _value[layer] = Weights(random, KvHeads * ValueSize * Hidden, 0.5f);
            _out[layer] = Weights(random, Heads * ValueSize * Hidden, 0.5f);
        }

        _head = Weights(random, Vocabulary * Hidden, 1);
    }

    /// <summary>Rows computed so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Called at the beginning of every step.</summary>
    public Action<Step>? BeforeStep { get; set; }

    public override ModelDefinition Definition { get; } = new("Tiny", ["Tiny"], "tiny");

    public override IReadOnlyList<EntryPoint> EntryPoints { get; } = [new("Forward", Vocabulary, [new(Layers, KvHeads, KeySize, ValueSize)])];

    public override long ArenaBytes(int entry, int maxRows, int maxOutputs) =>
        (long)maxRows * (Hidden + (Heads * (KeySize + ValueSize))) * sizeof(float);

    public override void Run(int entry, Step step)
    {
        BeforeStep?.Invoke(step);
        Rows += step.Rows;
        var x = (float*)step.Arena;
        var q = x + ((nint)step.MaxRows * Hidden);
        var attended = q + ((nint)step.MaxRows * Heads * KeySize);
        var head = stackalloc float[16];
        for (var row = 0; row < step.Rows; row++)
        {
            for (var i = 0; i < Hidden; i++)
                x[(row * Hidden) + i] = _embedding[(step.Tokens[row] * Hidden) + i] + MathF.Sin(step.Positions[row] * (i + 1) * 0.37f);
        }

        for (var layer = 0; layer < Layers; layer++)
        {
            step.Observe(x, Hidden, step.Rows);
            for (var row = 0; row < step.Rows; row++)
            {
                var input = x + (row * Hidden);
                Product(_query[layer], 0, Heads * KeySize, input, q + (row * Heads * KeySize));
                for (var h = 0; h < KvHeads; h++)
                {
                    Product(_key[layer], h * KeySize, KeySize, input, head);
                    Attend.StoreKey<Lanes128>(step, 0, layer, h, row, head);
                    Product(_value[layer], h * ValueSize, ValueSize, input, head);
                    Attend.StoreValue<Lanes128>(step, 0, layer, h, row, head);
                }
            }

            var shape = new AttendShape(Heads, KvHeads, KeySize, ValueSize, 0.4f, layer == 0 ? 0 : 23);
            Attend.Run(step, 0, layer, q, Heads * KeySize, attended, Heads * ValueSize, shape, default(PlainScore));
            for (var row = 0; row < step.Rows; row++)
            {
                for (var i = 0; i < Hidden; i++)
                {
                    var sum = 0f;
                    for (var j = 0; j < Heads * ValueSize; j++)
                        sum += _out[layer][(i * Heads * ValueSize) + j] * attended[(row * Heads * ValueSize) + j];
                    x[(row * Hidden) + i] += MathF.Tanh(sum);
                }
            }
        }

        step.Observe(x, Hidden, step.Rows);
        for (var output = 0; output < step.OutputCount; output++)
            Product(_head, 0, Vocabulary, x + (step.OutputRows[output] * Hidden), step.Logits + ((nint)output * step.LogitsStride));
    }

    private static float[] Weights(Random random, int count, float scale)
    {
        var weights = new float[count];
        for (var i = 0; i < count; i++)
            weights[i] = ((2 * random.NextSingle()) - 1) * scale;
        return weights;
    }

    private static void Product(float[] weights, int firstRow, int rows, float* input, float* output)
    {
        for (var o = 0; o < rows; o++)
        {
            var sum = 0f;
            for (var i = 0; i < Hidden; i++)
                sum += weights[((firstRow + o) * Hidden) + i] * input[i];
            output[o] = sum;
        }
    }
}
