using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Tests.Kernels;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Runtime.Tests.Cpu;

/// <summary>The CPU kernels, with each vector width that this machine has.</summary>
public sealed unsafe class CpuBackend(int width) : IKernelBackend<CpuBackend>
{
    public static IEnumerable<string> Variants => Widths.Supported.Select(static width => $"{32 * width} bits");

    public int Lanes => width;

    public static CpuBackend Open(string variant) => new(int.Parse(variant.Split(' ')[0]) / 32);

    public float[] Product(float[] x, float[] weights, int inputs, int columns = 0, int threads = 1, WeightStorage storage = WeightStorage.F32)
    {
        var (rows, outputs) = (x.Length / inputs, weights.Length / inputs);
        using var packed = Packed(weights, inputs, columns, storage);
        using var team = new Team(threads);
        var y = new float[rows * outputs];
        fixed (float* from = x, to = y)
            Widths.Matmul(width, team, packed, rows, from, inputs, default(Untouched), new CopyOut(packed, to, outputs));
        return y;
    }

    public float[] Gather(float[] table, int columns, int[] ids, WeightStorage storage = WeightStorage.F32)
    {
        using var packed = Packed(table, columns, 0, storage);
        using var team = new Team(2);
        var rows = new float[ids.Length * columns];
        fixed (int* from = ids)
        fixed (float* to = rows)
            Runtime.Cpu.Gather.Run(team, packed, 0, 0, from, ids.Length, to, columns);
        return rows;
    }

    public float[] Attend(AttentionTree tree, int chunkSize, int threads, Func<int, int> blockOf, ScoreFunction score = ScoreFunction.Plain) =>
        score switch
        {
            ScoreFunction.Distance => tree.Attend(width, chunkSize, threads, blockOf, default(Distance)),
            ScoreFunction.Hidden => tree.Attend(width, chunkSize, threads, blockOf, default(Hide)),
            _ => tree.Attend(width, chunkSize, threads, blockOf),
        };

    public float[] Map(ElementFunction function, float[] x)
    {
        var y = new float[x.Length];
        using var team = new Team(1);
        fixed (float* from = x, to = y)
            Widths.Rowwise(width, team, 1, new MapRow(function, from, to, x.Length));
        return y;
    }

    public float[] Compare(float[] a, float[] b)
    {
        var y = new float[6 * a.Length];
        using var team = new Team(1);
        fixed (float* left = a, right = b, to = y)
            Widths.Rowwise(width, team, 1, new CompareRow(left, right, to, a.Length));
        return y;
    }

    public float[] Rotate(float[] x, int count, float[] cos, float[] sin) => Rotate(x, count, cos, sin, interleaved: false);

    public float[] RotateInterleaved(float[] x, int count, float[] cos, float[] sin) => Rotate(x, count, cos, sin, interleaved: true);

    private float[] Rotate(float[] x, int count, float[] cos, float[] sin, bool interleaved)
    {
        float[] y = [.. x];
        using var team = new Team(1);
        fixed (float* to = y, c = cos, s = sin)
            Widths.Rowwise(width, team, 1, new RotateRow(to, count, c, s, interleaved));
        return y;
    }

    // In two slices, the second one first: a weight may come in any order.
    private PackedWeights Packed(float[] weights, int inputs, int columns, WeightStorage storage)
    {
        var outputs = weights.Length / inputs;
        var packed = new PackedWeights(storage, inputs, 2 * width, [new(outputs, columns, 1)]);
        var cut = outputs / 3;
        packed.Pack(0, 0, weights.AsSpan(cut * inputs), cut);
        packed.Pack(0, 0, weights.AsSpan(0, cut * inputs), 0);
        return packed;
    }

    private readonly struct Untouched : IPrologue
    {
        public void Prepare<V>(int row, float* x)
            where V : unmanaged, ILanes<V>
        {
        }
    }

    private readonly struct CopyOut(PackedWeights weights, float* y, int outputs) : IEpilogue
    {
        public void Finish<V>(int segment, int group, int row, float* product, int partStride)
            where V : unmanaged, ILanes<V>
        {
            var columns = weights.Columns(segment, group);
            for (var c = 0; c < columns; c += V.Count)
            {
                var to = y + ((nint)row * outputs) + (group * weights.GroupWidth(segment)) + c;
                V.StoreFirst(V.Load(product + c), to, columns - c);
            }
        }
    }

    private readonly struct Distance : IScore
    {
        public V Apply<V>(V score, V keyPosition, float queryPosition, int head)
            where V : unmanaged, ILanes<V>
            => score - (V.Broadcast(0.25f * (head + 1)) * (V.Broadcast(queryPosition) - keyPosition));

        public V ApplyWithoutPosition<V>(V score, int head)
            where V : unmanaged, ILanes<V>
            => score;
    }

    private readonly struct Hide : IScore
    {
        public V Apply<V>(V score, V keyPosition, float queryPosition, int head)
            where V : unmanaged, ILanes<V>
            => V.Broadcast(float.NegativeInfinity);

        public V ApplyWithoutPosition<V>(V score, int head)
            where V : unmanaged, ILanes<V>
            => V.Broadcast(float.NegativeInfinity);
    }

    private readonly struct RotateRow(float* x, int count, float* cos, float* sin, bool interleaved) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            if (interleaved)
                Rotary.RotateInterleaved<V>(x, count, cos, sin);
            else
                Rotary.Rotate<V>(x, count, cos, sin);
        }
    }

    private readonly struct CompareRow(float* a, float* b, float* y, int count) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            for (var i = 0; i < count; i += V.Count)
            {
                var (left, right) = (V.LoadFirst(a + i, count - i), V.LoadFirst(b + i, count - i));
                V.StoreFirst(Functions.Less(left, right), y + i, count - i);
                V.StoreFirst(Functions.LessOrEqual(left, right), y + count + i, count - i);
                V.StoreFirst(Functions.Greater(left, right), y + (2 * count) + i, count - i);
                V.StoreFirst(Functions.GreaterOrEqual(left, right), y + (3 * count) + i, count - i);
                V.StoreFirst(Functions.EqualTo(left, right), y + (4 * count) + i, count - i);
                V.StoreFirst(Functions.Where(left, right, V.Broadcast(9)), y + (5 * count) + i, count - i);
            }
        }
    }

    private readonly struct MapRow(ElementFunction function, float* x, float* y, int count) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            for (var i = 0; i < count; i += V.Count)
            {
                var v = V.LoadFirst(x + i, count - i);
                var result = function switch
                {
                    ElementFunction.Exp => Functions.Exp(v),
                    ElementFunction.Log => Functions.Log(v),
                    ElementFunction.Sigmoid => Functions.Sigmoid(v),
                    ElementFunction.Tanh => Functions.Tanh(v),
                    ElementFunction.Erf => Functions.Erf(v),
                    ElementFunction.Relu => Functions.Relu(v),
                    ElementFunction.Silu => Functions.Silu(v),
                    ElementFunction.Gelu => Functions.Gelu(v),
                    ElementFunction.GeluTanh => Functions.GeluTanh(v),
                    ElementFunction.Softplus => Functions.Softplus(v),
                    ElementFunction.Mish => Functions.Mish(v),
                    ElementFunction.Rsqrt => Functions.Rsqrt(v),
                    ElementFunction.Reciprocal => Functions.Reciprocal(v),
                    ElementFunction.Square => Functions.Square(v),
                    ElementFunction.Negate => Functions.Negate(v),
                    ElementFunction.Abs => Functions.Abs(v),
                    ElementFunction.Sign => Functions.Sign(v),
                    ElementFunction.Sin => Functions.Sin(v),
                    ElementFunction.Cos => Functions.Cos(v),
                    ElementFunction.Cube => Functions.Pow(v, V.Broadcast(3)),
                    ElementFunction.SquareRoot => Functions.Pow(v, V.Broadcast(0.5f)),
                    ElementFunction.InverseRoot => Functions.Pow(v, V.Broadcast(-0.5f)),
                    ElementFunction.Power => Functions.Pow(v, V.Broadcast(1.7f)),
                    ElementFunction.WholePower => Functions.Pow(v, V.Broadcast(-5)),
                    ElementFunction.Floor => Functions.Floor(v),
                    ElementFunction.Ceiling => Functions.Ceiling(v),
                    ElementFunction.Round => Functions.Round(v),
                    _ => Functions.Sqrt(v),
                };
                V.StoreFirst(result, y + i, count - i);
            }
        }
    }
}
