using Cambium.Checkpoints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

/// <summary>
/// A tree of segments with random or given keys and values, and rows that query it. Builds the plan of a step, and the naive reference in double
/// precision. Each chunk is filled with NaN before its tokens are written.
/// </summary>
public sealed unsafe class AttentionTree(CacheSite site, int heads)
{
    private readonly List<Segment> _segments = [];
    private readonly List<Row> _rows = [];

    public int Rows => _rows.Count;

    public AttendShape Shape { get; init; } = new(heads, site.KvHeads, site.KeySize, site.ValueSize, 1 / MathF.Sqrt(site.KeySize), 0);

    /// <summary>Type of the stored keys and values.</summary>
    public KvStorage Storage { get; init; }

    /// <summary>[heads] attention sinks: a score of each head without a value. Null for none.</summary>
    public float[]? Sinks { get; init; }

    /// <summary>Parents come before children. Keys are [length, kv heads, key size], values likewise.</summary>
    public int AddSegment(int parent, float[] keys, float[] values)
    {
        _segments.Add(new Segment(parent, keys.Length / (site.KvHeads * site.KeySize), parent < 0 ? 0 : End(parent), keys, values));
        return _segments.Count - 1;
    }

    public int AddSegment(int parent, int length, Random random) =>
        AddSegment(parent, random.Floats(length * site.KvHeads * site.KeySize), random.Floats(length * site.KvHeads * site.ValueSize));

    /// <summary>A segment without tokens.</summary>
    /// <param name="parent">The segment before it; -1 for the beginning.</param>
    /// <param name="data">For one layer.</param>
    /// <param name="hasPositions">Whether its keys take positions.</param>
    public int AddContent(int parent, NodeData data, bool hasPositions)
    {
        var first = parent < 0 ? 0 : End(parent);
        _segments.Add(new Segment(parent, hasPositions ? data.Keys : 0, first, [], []) { Data = data, HasPositions = hasPositions });
        return _segments.Count - 1;
    }

    /// <summary>Adds a query at the last token of a segment. Results are in the order of these calls.</summary>
    public void AddRow(int leaf, float[] query) => AddRow(leaf, End(leaf) - 1, query);

    public void AddRow(int leaf, int position, float[] query) => _rows.Add(new Row(leaf, position, query));

    public int End(int segment) => _segments[segment].First + _segments[segment].Length;

    /// <summary>The definition of attention in double precision, over the rounded keys and values: [rows, heads * value size].</summary>
    public double[] Expected(Func<double, double, double, int, double>? score = null)
    {
        var result = new double[Rows * Shape.Heads * Shape.ValueSize];
        var perKv = Shape.Heads / Shape.KvHeads;
        for (var r = 0; r < Rows; r++)
        {
            for (var h = 0; h < Shape.Heads; h++)
            {
                var scores = new List<double>();
                var values = new List<double[]>();
                var query = _rows[r].Query.AsSpan(h * Shape.KeySize, Shape.KeySize).ToArray();
                var beside = new double[Shape.ValueSize];
                var (states, stateSum, stateValues) = (0, 0.0, new double[Shape.ValueSize]);
                foreach (var s in Path(_rows[r].Leaf))
                {
                    var segment = _segments[s];
                    switch (segment.Data)
                    {
                        case SideData side:
                            AddBeside(side, h, query, beside);
                            break;
                        case RowData rows:
                            for (var t = 0; t < rows.Rows; t++)
                            {
                                var position = segment.First + t;
                                if (segment.HasPositions && Shape.Window > 0 && _rows[r].Position - position >= Shape.Window)
                                    continue;
                                var product = Dot(query, rows.Key(0, 0, h / perKv, t)) * Shape.Scale;
                                scores.Add(score is null || !segment.HasPositions ? product : score(product, position, _rows[r].Position, h));
                                values.Add(Array.ConvertAll(rows.Value(0, 0, h / perKv, t).ToArray(), static value => (double)value));
                            }

                            break;
                        case StateData state:
                            states++;
                            double[] phi = [.. query.Select(x => x * Math.Sqrt(Shape.Scale)).Select(static x => x > 0 ? x + 1 : Math.Exp(x))];
                            for (var d = 0; d < Shape.KeySize; d++)
                            {
                                stateSum += phi[d] * state.K(0, 0, h)[d];
                                for (var e = 0; e < Shape.ValueSize; e++)
                                    stateValues[e] += phi[d] * state.Z(0, 0, h)[(d * Shape.ValueSize) + e];
                            }

                            break;
                    }

                    if (segment.Data is not null)
                        continue;
                    for (var t = 0; t < segment.Length; t++)
                    {
                        var position = segment.First + t;
                        if ((Shape.IsCausal && position > _rows[r].Position)
                            || (Shape.Window > 0 && Math.Abs(_rows[r].Position - position) >= Shape.Window))
                            continue;
                        double dot = 0;
                        var vector = (t * Shape.KvHeads) + (h / perKv);
                        var key = Rounded(segment.Keys.AsSpan(vector * Shape.KeySize, Shape.KeySize));
                        for (var d = 0; d < Shape.KeySize; d++)
                            dot += _rows[r].Query[(h * Shape.KeySize) + d] * key[d];
                        dot *= Shape.Scale;
                        scores.Add(score is null ? dot : score(dot, position, _rows[r].Position, h));
                        values.Add(Rounded(segment.Values.AsSpan(vector * Shape.ValueSize, Shape.ValueSize)));
                    }
                }

                var sink = Sinks?[h] ?? double.NegativeInfinity;
                var largest = Math.Max(scores.DefaultIfEmpty(double.NegativeInfinity).Max(), states > 0 ? Math.Max(sink, 0) : sink);
                var weights = scores.Select(s => Math.Exp(s - largest)).ToArray();
                var sum = weights.Sum() + Math.Exp(sink - largest) + (states > 0 ? stateSum * Math.Exp(-largest) : 0);
                for (var d = 0; d < Shape.ValueSize; d++)
                {
                    var weighted = values.Select((v, i) => weights[i] * v[d]).Sum() + (states > 0 ? stateValues[d] * Math.Exp(-largest) : 0);
                    result[(((r * Shape.Heads) + h) * Shape.ValueSize) + d] = (scores.Count + states == 0 ? 0 : weighted / sum) + beside[d];
                }
            }
        }

        return result;
    }

    public float[] Attend(int width, int chunkSize, int threads, Func<int, int> blockOf) =>
        Attend(width, chunkSize, threads, blockOf, default(PlainScore));

    /// <summary>Runs the kernel.</summary>
    /// <param name="blockOf">The block of each row in tree order: non-decreasing from 0.</param>
    public float[] Attend<TScore>(int width, int chunkSize, int threads, Func<int, int> blockOf, TScore score)
        where TScore : struct, IScore
    {
        using var prepared = Prepare(width, chunkSize, threads, blockOf);
        prepared.Run(score);
        return prepared.Results();
    }

    internal Prepared Prepare(int width, int chunkSize, int threads, Func<int, int> blockOf)
    {
        var layout = new KvLayout([site], chunkSize, 2 * width, Storage);
        var order = new List<int>();
        var nodes = new List<Node>();
        var depthFirst = new Stack<int>(Enumerable.Range(0, _segments.Count).Where(s => _segments[s].Parent < 0).Reverse());
        while (depthFirst.TryPop(out var s))
        {
            if (_segments[s].Data is { } data)
                nodes.Add(new Node(s, 0, data.Keys));
            for (var t = 0; t < _segments[s].Length && _segments[s].Data is null; t += chunkSize)
                nodes.Add(new Node(s, t, Math.Min(chunkSize, _segments[s].Length - t)));
            order.AddRange(Enumerable.Range(0, Rows).Where(r => _rows[r].Leaf == s));
            foreach (var child in Enumerable.Range(0, _segments.Count).Where(c => _segments[c].Parent == s).Reverse())
                depthFirst.Push(child);
        }

        return new Prepared(this, layout, new Team(threads), order, nodes, blockOf);
    }

    private void AddBeside(SideData side, int head, float[] query, double[] result)
    {
        var keyHead = head / (Shape.Heads / Shape.KvHeads);
        double[] scores = [.. Enumerable.Range(0, side.Rows).Select(t => Dot(query, side.Key(0, 0, keyHead, t)) * Shape.Scale)];
        double[] weights = [.. scores.Select(s => Math.Exp(s - scores.Max()))];
        for (var t = 0; t < side.Rows; t++)
        {
            for (var d = 0; d < Shape.ValueSize; d++)
                result[d] += side.Gates(0, 0)[head] * weights[t] / weights.Sum() * side.Value(0, 0, keyHead, t)[d];
        }
    }

    private static double Dot(float[] a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    private double[] Rounded(Span<float> vector)
    {
        var result = new double[vector.Length];
        var scale = Storage == KvStorage.Int8 ? vector.ToArray().Max(MathF.Abs) / 127 : 1;
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = Storage switch
            {
                KvStorage.F32 => vector[i],
                KvStorage.BF16 => BitConverter.Int32BitsToSingle(FloatConversion.ToBFloat16(vector[i]) << 16),
                _ => MathF.Round(vector[i] * (1 / scale)) * (double)scale,
            };
        }

        return result;
    }

    private List<int> Path(int leaf)
    {
        var path = new List<int>();
        for (var s = leaf; s >= 0; s = _segments[s].Parent)
            path.Insert(0, s);
        return path;
    }

    private sealed record Segment(int Parent, int Length, int First, float[] Keys, float[] Values)
    {
        public NodeData? Data { get; init; }

        public bool HasPositions { get; init; }
    }

    private sealed record Row(int Leaf, int Position, float[] Query);

    internal sealed record Node(int Segment, int Start, int Count);

    internal sealed class Prepared : IDisposable
    {
        private readonly AttentionTree _tree;
        private readonly Team _team;
        private readonly Step _step;
        private readonly List<int> _order;
        private readonly CpuChunkStore _chunks;
        private readonly NativeBuffer _q;
        private readonly NativeBuffer _result;
        private readonly NativeBuffer _positions;
        private readonly int _width;

        public Prepared(AttentionTree tree, KvLayout layout, Team team, List<int> order, List<Node> nodes, Func<int, int> blockOf)
        {
            _tree = tree;
            _team = team;
            _order = order;
            _width = layout.Panel / 2;
            _chunks = new CpuChunkStore(layout, Math.Max(1, nodes.Count));
            _positions = new NativeBuffer(order.Count);
            _step = new Step(team, _chunks) { Rows = order.Count, Positions = (int*)_positions.Pointer };
            for (var i = 0; i < nodes.Count; i++)
            {
                if (tree._segments[nodes[i].Segment].Data is not null)
                    continue;
                new Span<byte>(_chunks[i], (int)layout.ChunkBytes).Fill(0xFF);
                Fill(nodes[i], i);
            }

            var shape = tree.Shape;
            _q = new NativeBuffer(order.Count * QStride);
            _result = new NativeBuffer(order.Count * ResultStride);
            new Span<float>(_result.Pointer, (int)_result.Floats).Fill(-77);
            for (var r = 0; r < order.Count; r++)
            {
                _step.Positions[r] = tree._rows[order[r]].Position;
                tree._rows[order[r]].Query.CopyTo(new Span<float>(_q.Pointer + (r * QStride), shape.Heads * shape.KeySize));
            }

            _step.Plan = Plan(nodes, blockOf);
        }

        private int QStride => (_tree.Shape.Heads * _tree.Shape.KeySize) + 3;

        private int ResultStride => (_tree.Shape.Heads * _tree.Shape.ValueSize) + 1;

        public void Run<TScore>(TScore score)
            where TScore : struct, IScore
        {
            fixed (float* sinks = _tree.Sinks)
                Widths.Attend(_width, _step, 0, _q.Pointer, QStride, _result.Pointer, ResultStride, _tree.Shape, score, sinks);
        }

        /// <summary>Results in the order in which the rows were added.</summary>
        public float[] Results()
        {
            var width = _tree.Shape.Heads * _tree.Shape.ValueSize;
            var results = new float[_order.Count * width];
            for (var r = 0; r < _order.Count; r++)
            {
                var row = _result.Pointer + (r * ResultStride);
                new ReadOnlySpan<float>(row, width).CopyTo(results.AsSpan(_order[r] * width));
                Assert.Equal(-77, row[width]);
            }

            return results;
        }

        public void Dispose()
        {
            _team.Dispose();
            _chunks.Dispose();
            _q.Dispose();
            _result.Dispose();
            _positions.Dispose();
        }

        private void Fill(Node node, int page)
        {
            using var team = new Team(1);
            var step = new Step(team, _chunks);
            var slot = 0;
            step.PageOfRow = &page;
            step.SlotOfRow = &slot;
            var shape = _tree.Shape;
            var segment = _tree._segments[node.Segment];
            fixed (float* keys = segment.Keys, values = segment.Values)
            {
                for (; slot < node.Count; slot++)
                {
                    for (var h = 0; h < shape.KvHeads; h++)
                    {
                        var at = ((node.Start + slot) * shape.KvHeads) + h;
                        Runtime.Cpu.Attend.StoreKey<Lanes128>(step, 0, 0, h, 0, keys + (at * shape.KeySize));
                        Runtime.Cpu.Attend.StoreValue<Lanes128>(step, 0, 0, h, 0, values + (at * shape.ValueSize));
                    }
                }
            }
        }

        private AttentionPlan Plan(List<Node> nodes, Func<int, int> blockOf)
        {
            var rows = _order.Count;
            int Below(Node node, Index which)
            {
                int[] below = [.. Enumerable.Range(0, rows).Where(r => _tree.Path(_tree._rows[_order[r]].Leaf).Contains(node.Segment))];
                return below.Length == 0 ? (which.IsFromEnd ? -1 : 0) : below[which];
            }

            int[] blocks = [.. Enumerable.Range(0, rows).Select(blockOf).Distinct()];
            var plan = new AttentionPlan { NodeCount = nodes.Count };
            plan.Reserve(nodes.Count);
            for (var n = 0; n < nodes.Count; n++)
            {
                var segment = _tree._segments[nodes[n].Segment];
                plan.Page[n] = segment.Data is { } data ? _chunks.Add(data, segment.HasPositions) : n;
                plan.Kind[n] = segment.Data switch
                {
                    null => NodeKind.Tokens,
                    SideData => NodeKind.Side,
                    StateData => NodeKind.State,
                    _ => NodeKind.Rows,
                };
                plan.Count[n] = nodes[n].Count;
                plan.FirstPosition[n] = _tree._segments[nodes[n].Segment].First + nodes[n].Start;
                plan.RowBegin[n] = Below(nodes[n], 0);
                plan.RowEnd[n] = Below(nodes[n], ^1) + 1;
            }

            plan.Blocks.Reserve(blocks.Length, blocks.Length * nodes.Count);
            plan.Blocks.Count = blocks.Length;
            var listed = 0;
            for (var b = 0; b < blocks.Length; b++)
            {
                plan.Blocks.Begin[b] = Enumerable.Range(0, rows).First(r => blockOf(r) == blocks[b]);
                plan.Blocks.End[b] = Enumerable.Range(0, rows).Last(r => blockOf(r) == blocks[b]) + 1;
                plan.Blocks.NodeBegin[b] = listed;
                for (var n = 0; n < nodes.Count; n++)
                {
                    if (plan.RowBegin[n] < plan.Blocks.End[b] && plan.RowEnd[n] > plan.Blocks.Begin[b])
                        plan.Blocks.Nodes[listed++] = n;
                }
            }

            plan.Blocks.NodeBegin[blocks.Length] = listed;
            return plan;
        }
    }
}
