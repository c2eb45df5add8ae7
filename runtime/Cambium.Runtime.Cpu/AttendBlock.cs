using System.Runtime.CompilerServices;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// One item of attention: the rows of one block, with all query heads of one key/value head. A row and a query head make a query; the queries
/// of a node are multiplied with its panels together, so that one pass over a shared chunk serves all rows below it.
/// </summary>
/// <param name="layout">Of the KV cache, or of given keys and values.</param>
internal unsafe struct AttendBlock<V, TFormat, TScore>(
    Step step, KvLayout layout, RowBlocks blocks, int site, int layer, float* q, int qStride, float* result, int resultStride,
        AttendShape shape, TScore score, float* sinks) : IWork
    where V : unmanaged, ILanes<V>
    where TFormat : struct, IKvFormat
    where TScore : struct, IScore
{
    private readonly int _perRow = shape.Heads / shape.KvHeads;

    // Streams of several panels are slower from memory, unless the latency of one panel's chains is the limit.
    private static bool ReadsPanelsTogether
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TFormat.Bytes < sizeof(float);
    }

    public void Run(int item, int thread)
    {
        var block = item / shape.KvHeads;
        var head = item % shape.KvHeads;
        var rows = Math.Max(1, Attend.MaxQueries / _perRow);
        for (var row = blocks.Begin[block]; row < blocks.End[block]; row += rows)
            Rows(block, head, row, Math.Min(blocks.End[block], row + rows), thread);
    }

    private void Rows(int block, int head, int firstRow, int endRow, int thread)
    {
        var plan = step.Plan;
        var listed = blocks.Nodes[blocks.NodeBegin[block]..blocks.NodeBegin[block + 1]];
        ReadOnlySpan<NodeKind> kind = plan.Kind;
        var area = new AttendScratch(step.Team, thread, (endRow - firstRow) * _perRow, shape, layout, AreasFor(listed, kind));
        LoadQueries(area, head, firstRow);
        if (sinks != null)
        {
            for (var i = 0; i < area.Queries; i++)
                (*area.Largest(i), *area.Sum(i)) = (sinks[(head * _perRow) + (i % _perRow)], 1);
        }

        var at = new Place(layout, site, layer, head);
        ReadOnlySpan<int> rowBegin = plan.RowBegin, rowEnd = plan.RowEnd, page = plan.Page, firstPosition = plan.FirstPosition, count = plan.Count;
        var later = new LaterKeys(step, listed, kind, count, page, at.Keys, shape.KeySize);
        for (var i = 0; i < listed.Length; i++)
        {
            later.Begin(i);
            var node = listed[i];
            var begin = Math.Max(rowBegin[node], firstRow);
            var end = Math.Min(rowEnd[node], endRow);
            if (begin >= end)
                continue;
            if (kind[node] != NodeKind.Tokens)
            {
                FoldContent(area, step.Content(page[node]), firstPosition[node], head, firstRow, begin, end);
                continue;
            }

            var chunk = step.Chunk(page[node]);
            var following = listed[Math.Min(i + 1, listed.Length - 1)];
            var next = kind[following] == NodeKind.Tokens ? step.Chunk(page[following]) : chunk;
            Fold(area, chunk, new NodeKeys(firstPosition[node], count[node]), at, head, firstRow, begin, end, next, ref later);
        }

        Finish(area, head, firstRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void LoadQueries(in AttendScratch area, int head, int firstRow)
    {
        var scale = V.Broadcast(shape.Scale);
        for (var i = 0; i < area.Queries; i++)
        {
            var source = q + ((nint)(firstRow + (i / _perRow)) * qStride) + ((nint)((head * _perRow) + (i % _perRow)) * shape.KeySize);
            for (var d = 0; d < shape.KeySize; d += Tile.Depth)
            {
                var target = area.Query(i, d);
                var count = Math.Min(Tile.Depth, shape.KeySize - d);
                for (var k = 0; k < count; k += V.Count)
                    V.Store(V.LoadFirst(source + d + k, count - k) * scale, target + k);
            }
        }
    }

    /// <summary>
    /// Folds one node for the queries of rows <paramref name="begin"/> to <paramref name="end"/> and combines it into their states.
    /// </summary>
    /// <param name="chunk">The node's keys and values.</param>
    /// <param name="keys">Its keys.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fold(
        in AttendScratch area, byte* chunk, in NodeKeys keys, in Place at, int head, int firstRow, int begin, int end, byte* next,
        ref LaterKeys later)
    {
        var panel = layout.Panel;
        var written = keys.Count;

        // Keys that any of the rows sees. Keys outside are never multiplied: they may not have been written.
        int seenBegin = written, seenEnd = 0, lastFrom = 0, firstTo = written;
        for (var row = begin; row < end; row++)
        {
            var (from, to) = Seen(row, keys);
            (lastFrom, firstTo) = (Math.Max(lastFrom, from), Math.Min(firstTo, to));
            if (from >= to)
                continue;
            seenBegin = Math.Min(seenBegin, from);
            seenEnd = Math.Max(seenEnd, to);
        }

        if (seenBegin >= seenEnd)
            return;
        seenBegin -= seenBegin % panel;

        var firstQuery = (begin - firstRow) * _perRow;
        var queries = (end - begin) * _perRow;
        Score(area, firstQuery, queries, chunk + at.Keys, (float*)(chunk + at.KeyScales), (nint)(next - chunk), seenBegin, seenEnd);

        var scales = (float*)(chunk + at.ValueScales);
        if (typeof(TScore) == typeof(PlainScore) && lastFrom <= seenBegin && firstTo >= seenEnd && seenEnd % V.Count == 0)
        {
            WeighSeen(area, firstQuery, queries, seenBegin, seenEnd, scales, ref later);
        }
        else
        {
            for (var i = 0; i < queries; i++)
                Weigh(area, firstQuery + i, begin + (i / _perRow), (head * _perRow) + (i % _perRow), keys, seenBegin, seenEnd, scales);
        }

        CombineSums(area, firstQuery, queries);

        AddValues(area, firstQuery, queries, chunk + at.Values, (nint)(next - chunk), seenBegin, seenEnd);
    }

    // The areas of the scratch that nodes without a page need.
    private static AttendAreas AreasFor(ReadOnlySpan<int> listed, ReadOnlySpan<NodeKind> kind)
    {
        var areas = AttendAreas.None;
        foreach (var node in listed)
        {
            if (kind[node] != NodeKind.Tokens)
                areas |= kind[node] switch { NodeKind.State => AttendAreas.State, NodeKind.Side => AttendAreas.Side, _ => AttendAreas.None };
        }

        return areas;
    }

    /// <summary>Folds a node without a page for the queries of rows <paramref name="begin"/> to <paramref name="end"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void FoldContent(in AttendScratch area, CpuContent content, int first, int head, int firstRow, int begin, int end)
    {
        switch (content)
        {
            case CpuSide side:
                FoldSide(area, side, head, firstRow, begin, end);
                break;
            case CpuRows rows:
                new AttendBlock<V, F32Format, TScore>(
                    step, rows.Layout, blocks, site, layer, q, qStride, result, resultStride, shape, score, sinks)
                    .FoldRows(area, rows, first, head, firstRow, begin, end);
                break;
            case CpuState state:
                FoldState(area, state, head, (begin - firstRow) * _perRow, end - begin);
                break;
            default:
                throw new NotSupportedException($"Attention does not know a content of type {content.GetType().Name}.");
        }
    }

    /// <summary>Folds given keys and values, a piece after the other.</summary>
    private void FoldRows(in AttendScratch area, CpuRows rows, int first, int head, int firstRow, int begin, int end)
    {
        var at = new Place(layout, site, layer, head);
        var later = default(LaterKeys);
        for (var key = 0; key < rows.Count; key += layout.ChunkSize)
        {
            var keys = new NodeKeys(first + key, Math.Min(layout.ChunkSize, rows.Count - key), rows.HasPositions);
            var next = rows.Piece(Math.Min(key + layout.ChunkSize, rows.Count - 1));
            Fold(area, rows.Piece(key), keys, at, head, firstRow, begin, end, next, ref later);
        }
    }

    /// <summary>Attends to keys and values with a softmax of their own, and adds the result times the gate.</summary>
    private readonly void FoldSide(in AttendScratch area, CpuSide side, int head, int firstRow, int begin, int end)
    {
        var gates = side.Gates(site, layer).Slice(head * _perRow, _perRow);
        if (gates.IndexOfAnyExcept(0f) < 0)
            return;
        var own = area.Beside();
        new AttendBlock<V, F32Format, PlainScore>(
            step, side.Layout, blocks, site, layer, q, qStride, result, resultStride, shape, default, null)
            .FoldRows(own, side, 0, head, firstRow, begin, end);
        for (var i = (begin - firstRow) * _perRow; i < (end - firstRow) * _perRow; i++)
        {
            float* from = own.Output(i), to = area.Side(i);
            var gate = V.Broadcast(gates[i % _perRow]);
            var sum = V.Broadcast(*own.Sum(i));
            for (var d = 0; d < shape.ValueSize; d += V.Count)
                V.Store(V.MultiplyAdd(V.Load(from + d) / sum, gate, V.Load(to + d)), to + d);
        }
    }

    /// <summary>
    /// Adds phi(q) Z to the weighted values and phi(q) k to the sums of weights, at the scale e^0. The queries of one query head are multiplied with
    /// its Z together.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void FoldState(in AttendScratch area, CpuState state, int head, int firstQuery, int rows)
    {
        var panel = layout.Panel;
        var queries = rows * _perRow;
        // Queries are stored times the scale; phi takes them times its square root.
        var factor = V.Broadcast(1 / MathF.Sqrt(shape.Scale));
        for (var h = 0; h < _perRow; h++)
        {
            var k = state.K(site, layer, (head * _perRow) + h);
            for (var row = 0; row < rows; row++)
            {
                var query = firstQuery + (row * _perRow) + h;
                var sum = V.Zero;
                for (var d = 0; d < shape.KeySize; d += V.Count)
                {
                    var x = V.Load(area.Query(query, d / Tile.Depth * Tile.Depth) + (d % Tile.Depth)) * factor;
                    // elu(x) + 1. Elements after the last one are multiplied with zeros of k, and with nothing of Z.
                    var phi = V.Select(V.LessThan(V.Zero, x), x + V.Broadcast(1), Functions.Exp(V.Min(x, V.Zero)));
                    V.Store(phi, area.Phi((h * rows) + row, d));
                    sum = V.MultiplyAdd(phi, V.LoadFirst(k + d, shape.KeySize - d), sum);
                }

                *area.FoldSum(query) = V.Sum(sum);
                *area.FoldLargest(query) = 0;
            }

            var z = state.Z(site, layer, (head * _perRow) + h);
            for (var column = 0; column < shape.ValueSize; column += panel)
            {
                for (var d = 0; d < shape.KeySize; d += Tile.Depth)
                {
                    var depth = Math.Min(Tile.Depth, shape.KeySize - d);
                    var b = z + ((((nint)column / panel * shape.KeySize) + d) * panel);
                    var chains = new Chains(area.StateFold(h * rows) + column, area.OutputStride, d > 0);
                    Tile.Run<V, Chains>(area.Phi(h * rows, d), rows, b, depth, b + ((nint)depth * panel), depth * panel, ref chains);
                }
            }
        }

        CombineSums(area, firstQuery, queries);
        for (var i = 0; i < queries; i++)
        {
            var fold = area.StateFold((i % _perRow * rows) + (i / _perRow));
            var output = area.Output(firstQuery + i);
            var (kept, added) = (V.BroadcastFrom(area.KeepFactor(firstQuery + i)), V.BroadcastFrom(area.AddFactor(firstQuery + i)));
            for (var d = 0; d < shape.ValueSize; d += V.Count)
                V.Store(V.MultiplyAdd(V.Load(output + d), kept, V.Load(fold + d) * added), output + d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Score(
        in AttendScratch area, int firstQuery, int queries, byte* key, float* scales, nint ahead, int seenBegin, int seenEnd)
    {
        var panel = layout.Panel;
        if (ReadsPanelsTogether && queries == 1 && shape.KeySize <= Tile.Depth)
        {
            for (int token = seenBegin, stop; token < seenEnd; token = stop)
            {
                stop = Math.Min(seenEnd, (token | (Tile.Depth - 1)) + 1);
                if (TFormat.HasScale)
                    ScoreRow(area, firstQuery, key, ahead, token, stop, new ScaledChains(area.Score(firstQuery, token), 0, false, scales + token));
                else
                    ScoreRow(area, firstQuery, key, ahead, token, stop, new Chains(area.Score(firstQuery, token), 0, false));
            }

            return;
        }

        for (var token = seenBegin; token < seenEnd; token += panel)
        {
            var from = key + ((nint)token * shape.KeySize * TFormat.Bytes);
            for (var d = 0; d < shape.KeySize; d += Tile.Depth)
            {
                var depth = Math.Min(Tile.Depth, shape.KeySize - d);
                var a = area.Query(firstQuery, d);
                var b = from + ((nint)d * panel * TFormat.Bytes);
                var bytes = (nint)depth * panel * TFormat.Bytes;
                // A row of two cache lines of which few tokens fill one: the answers that have just begun have such chunks.
                if (!TFormat.HasScale && V.Count * TFormat.Bytes >= 64 && queries == 1 && seenEnd - token <= V.Count)
                {
                    var half = new Chains(area.Score(firstQuery, token), Tile.Stride, d > 0);
                    Tile.RunLow<V, TFormat, Chains>(a, b, depth, b + ahead, ref half);
                    continue;
                }

                if (TFormat.HasScale && d + depth == shape.KeySize)
                {
                    var scaled = new ScaledChains(area.Score(firstQuery, token), Tile.Stride, d > 0, scales + token);
                    Tile.Run<V, TFormat, ScaledChains>(a, queries, b, depth, b + ahead, bytes, ref scaled);
                    continue;
                }

                var scores = new Chains(area.Score(firstQuery, token), Tile.Stride, d > 0);
                Tile.Run<V, TFormat, Chains>(a, queries, b, depth, b + ahead, bytes, ref scores);
            }
        }
    }

    // The scores of one query for the tokens of one block of the scratch.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void ScoreRow<TOutput>(in AttendScratch area, int query, byte* key, nint ahead, int token, int stop, TOutput output)
        where TOutput : struct, ITileOutput
    {
        var panel = layout.Panel;
        var bytes = (nint)shape.KeySize * panel * TFormat.Bytes;
        var b = key + (token / panel * bytes);
        for (int left = (stop - token + panel - 1) / panel, done; left > 0; left -= done, b += done * bytes)
            done = Tile.RunRow<V, TFormat, TOutput>(area.Query(query, 0), left, b, bytes, shape.KeySize, b + ahead, ref output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddValues(in AttendScratch area, int firstQuery, int queries, byte* value, nint ahead, int seenBegin, int seenEnd)
    {
        var panel = layout.Panel;
        if (ReadsPanelsTogether && queries == 1 && seenEnd <= Tile.Depth)
        {
            var row = new CombinedChains(area.Output(firstQuery), 0, area.KeepFactor(firstQuery), area.AddFactor(firstQuery));
            var bytes = (nint)layout.ChunkSize * panel * TFormat.Bytes;
            var b = value + ((nint)seenBegin * panel * TFormat.Bytes);
            var weights = area.Score(firstQuery, seenBegin);
            for (int left = (shape.ValueSize + panel - 1) / panel, done; left > 0; left -= done, b += done * bytes)
                done = Tile.RunRow<V, TFormat, CombinedChains>(weights, left, b, bytes, seenEnd - seenBegin, b + ahead, ref row);
            return;
        }

        for (var d = 0; d < shape.ValueSize; d += panel)
        {
            var from = value + ((nint)d * layout.ChunkSize * TFormat.Bytes);
            var combined =
                new CombinedChains(area.Output(firstQuery) + d, area.OutputStride, area.KeepFactor(firstQuery), area.AddFactor(firstQuery));
            if (seenEnd <= Tile.Depth)
            {
                var b = from + ((nint)seenBegin * panel * TFormat.Bytes);
                var depth = seenEnd - seenBegin;
                var bytes = (nint)depth * panel * TFormat.Bytes;
                Tile.Run<V, TFormat, CombinedChains>(area.Score(firstQuery, seenBegin), queries, b, depth, b + ahead, bytes, ref combined);
                continue;
            }

            for (int token = seenBegin, stop; token < seenEnd; token = stop)
            {
                stop = Math.Min(seenEnd, (token | (Tile.Depth - 1)) + 1);
                var chains = new Chains(area.Fold(firstQuery) + d, area.OutputStride, token > seenBegin);
                var b = from + ((nint)token * panel * TFormat.Bytes);
                var bytes = (nint)(stop - token) * panel * TFormat.Bytes;
                Tile.Run<V, TFormat, Chains>(area.Score(firstQuery, token), queries, b, stop - token, b + ahead, bytes, ref chains);
            }

            for (var i = 0; i < queries; i++)
            {
                var fold = area.Fold(firstQuery + i) + d;
                combined.End(i, V.Load(fold), V.Load(fold + V.Count));
            }
        }
    }

    /// <summary>Range of the node's keys that a row sees.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly (int From, int To) Seen(int row, in NodeKeys keys)
    {
        if (!keys.HavePositions)
            return (0, keys.Count);
        var own = step.Positions[row] - keys.First;
        var to = shape.IsCausal ? own + 1 : shape.Window > 0 ? own + shape.Window : keys.Count;
        var from = shape.Window > 0 ? Math.Max(0, own - shape.Window + 1) : 0;
        return (from, Math.Min(keys.Count, to));
    }

    /// <summary>
    /// Turns one query's scores into weights exp(score - largest), notes the largest score and the sum of weights, and multiplies the weights by the
    /// scales of the values.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Weigh(
        in AttendScratch area, int query, int row, int queryHead, in NodeKeys keys, int seenBegin, int seenEnd, float* scales)
    {
        var (from, to) = Seen(row, keys);
        var nothing = V.Broadcast(float.NegativeInfinity);
        var largest = nothing;
        for (int token = seenBegin, stop; token < seenEnd; token = stop)
        {
            stop = Math.Min(seenEnd, (token | (Tile.Depth - 1)) + 1);
            var p = area.Score(query, token);
            for (; token < stop; token += V.Count, p += V.Count)
            {
                var s = V.Load(p);
                if (typeof(TScore) != typeof(PlainScore))
                {
                    s = keys.HavePositions
                        ? score.Apply(s, V.Broadcast(keys.First + token) + V.Indices, step.Positions[row], queryHead)
                        : score.ApplyWithoutPosition(s, queryHead);
                }

                s = V.KeepFirst(s, to - token, nothing);
                s = V.KeepFirst(nothing, from - token, s);
                largest = V.Max(largest, s);
                V.Store(s, p);
            }
        }

        *area.FoldLargest(query) = V.MaxOf(largest);
        Exponentiate(area, query, seenBegin, seenEnd, scales);
    }

    /// <summary>
    /// The same for queries that see each of the keys. One pass for the largest scores and one for the weights: in each of them the reductions of
    /// several queries overlap.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeighSeen(
        in AttendScratch area, int firstQuery, int queries, int seenBegin, int seenEnd, float* scales, ref LaterKeys later)
    {
        for (var query = firstQuery; query < firstQuery + queries; query++)
        {
            var largest = V.Broadcast(float.NegativeInfinity);
            for (int token = seenBegin, stop; token < seenEnd; token = stop)
            {
                stop = Math.Min(seenEnd, (token | (Tile.Depth - 1)) + 1);
                var p = area.Score(query, token);
                for (var end = p + (stop - token); p != end; p += V.Count)
                    largest = V.Max(largest, V.Load(p));
            }

            *area.FoldLargest(query) = V.MaxOf(largest);
            if (queries >= LaterKeys.LeastQueries)
                later.Prefetch();
        }

        for (var query = firstQuery; query < firstQuery + queries; query++)
        {
            Exponentiate(area, query, seenBegin, seenEnd, scales);
            if (queries >= LaterKeys.LeastQueries)
                later.Prefetch();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exponentiate(in AttendScratch area, int query, int seenBegin, int seenEnd, float* scales)
    {
        var m = *area.FoldLargest(query);
        // If no key is seen, the difference below would be infinity minus infinity; any finite number gives the empty state.
        var shift = V.Broadcast(float.IsNegativeInfinity(m) ? 0f : m);
        var sum = V.Zero;
        for (int token = seenBegin, stop; token < seenEnd; token = stop)
        {
            stop = Math.Min(seenEnd, (token | (Tile.Depth - 1)) + 1);
            var p = area.Score(query, token);
            var scale = scales + token;
            var end = p + (stop - token);
            for (; end - p >= 4 * V.Count; p += 4 * V.Count)
            {
                V a = V.Load(p) - shift, b = V.Load(p + V.Count) - shift;
                V c = V.Load(p + (2 * V.Count)) - shift, d = V.Load(p + (3 * V.Count)) - shift;
                Functions.Exp(ref a, ref b, ref c, ref d);
                sum = sum + a + b + c + d;
                V.Store(TFormat.HasScale ? a * V.Load(scale) : a, p);
                V.Store(TFormat.HasScale ? b * V.Load(scale + V.Count) : b, p + V.Count);
                V.Store(TFormat.HasScale ? c * V.Load(scale + (2 * V.Count)) : c, p + (2 * V.Count));
                V.Store(TFormat.HasScale ? d * V.Load(scale + (3 * V.Count)) : d, p + (3 * V.Count));
                scale += 4 * V.Count;
            }

            for (; p < end; p += V.Count)
            {
                var weight = Functions.Exp(V.Load(p) - shift);
                sum += weight;
                V.Store(TFormat.HasScale ? weight * V.Load(scale) : weight, p);
                if (TFormat.HasScale)
                    scale += V.Count;
            }
        }

        *area.FoldSum(query) = V.Sum(sum);
    }

    /// <summary>
    /// Combines largest scores and sums, and leaves the factors for the weighted values. An empty state on either side gets the factor 0 and the
    /// other 1, so the other comes out bit for bit.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CombineSums(in AttendScratch area, int firstQuery, int queries)
    {
        var empty = V.Broadcast(float.NegativeInfinity);
        for (var i = 0; i < queries; i += V.Count)
        {
            var n = queries - i;
            var query = firstQuery + i;
            var oldLargest = V.LoadFirst(area.Largest(query), n);
            var foldLargest = V.LoadFirst(area.FoldLargest(query), n);
            var largest = V.Max(oldLargest, foldLargest);
            var shift = V.Select(V.Equal(largest, empty), V.Zero, largest);
            var keep = Functions.Exp(oldLargest - shift);
            var add = Functions.Exp(foldLargest - shift);
            var sum = V.MultiplyAdd(V.LoadFirst(area.Sum(query), n), keep, V.LoadFirst(area.FoldSum(query), n) * add);
            V.StoreFirst(largest, area.Largest(query), n);
            V.StoreFirst(sum, area.Sum(query), n);
            V.StoreFirst(keep, area.KeepFactor(query), n);
            V.StoreFirst(add, area.AddFactor(query), n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Finish(in AttendScratch area, int head, int firstRow)
    {
        for (var i = 0; i < area.Queries; i++)
        {
            var target = result + ((nint)(firstRow + (i / _perRow)) * resultStride) + ((nint)((head * _perRow) + (i % _perRow)) * shape.ValueSize);
            var total = *area.Sum(i);
            // A query without keys has the empty state; zeros rather than 0 / 0.
            var divisor = V.Broadcast(total > 0 ? total : 1f);
            var output = area.Output(i);
            var beside = area.HasSide ? area.Side(i) : null;
            for (var d = 0; d < shape.ValueSize; d += V.Count)
            {
                var value = V.Load(output + d) / divisor;
                V.StoreFirst(beside == null ? value : value + V.Load(beside + d), target + d, shape.ValueSize - d);
            }
        }
    }

    /// <summary>Combines a node's weighted values, still in registers, into the path's.</summary>
    private struct CombinedChains(float* output, int stride, float* keep, float* add) : ITileOutput
    {
        public void Skip(int columns) => output += columns;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly W Begin<W>(int row, int register)
            where W : unmanaged, ILanes<W>
            => W.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void End<W>(int row, W low, W high)
            where W : unmanaged, ILanes<W>
        {
            var p = output + ((nint)row * stride);
            var kept = W.BroadcastFrom(keep + row);
            var added = W.BroadcastFrom(add + row);
            // Adding zero turns -0, which an underflow may leave, into +0: then a masked key (weight 0) and an empty state change no bit.
            W.Store(W.MultiplyAdd(W.Load(p), kept, (low + W.Zero) * added) + W.Zero, p);
            p += W.Count;
            W.Store(W.MultiplyAdd(W.Load(p), kept, (high + W.Zero) * added) + W.Zero, p);
        }
    }

    /// <summary>The keys of a node.</summary>
    /// <param name="first">Position of the first one.</param>
    /// <param name="count">How many.</param>
    /// <param name="havePositions">Whether they lie at positions; otherwise every query sees them.</param>
    private readonly struct NodeKeys(int first, int count, bool havePositions = true)
    {
        public readonly int First = first;
        public readonly int Count = count;
        public readonly bool HavePositions = havePositions;
    }

    /// <summary>The place of a head inside every chunk, in bytes: a pointer from null is an offset.</summary>
    private readonly struct Place(KvLayout layout, int site, int layer, int head)
    {
        public readonly nint Keys = (nint)layout.Key(null, site, layer, head);
        public readonly nint KeyScales = (nint)layout.KeyScales(null, site, layer, head);
        public readonly nint ValueScales = (nint)layout.ValueScales(null, site, layer, head);
        public readonly nint Values = (nint)layout.Value(null, site, layer, head);
    }

    /// <summary>
    /// Prefetches the keys of the nodes that have few tokens, such as answers that have just begun: a panel of keys for one query, which has nothing
    /// to compute while it waits. The lines are spread over the softmax of earlier nodes with many queries, which reads no other memory.
    /// </summary>
    private ref struct LaterKeys(
        Step step, ReadOnlySpan<int> listed, ReadOnlySpan<NodeKind> kind, ReadOnlySpan<int> count, ReadOnlySpan<int> page, nint keys, int keySize)
    {
        public const int LeastQueries = 8;

        // Lines of a block: a quarter of a 1 MiB L2 cache.
        private const int MostLines = 4096;

        private readonly ReadOnlySpan<int> _listed = listed;
        private readonly ReadOnlySpan<NodeKind> _kind = kind;
        private readonly ReadOnlySpan<int> _count = count;
        private readonly ReadOnlySpan<int> _page = page;
        private byte* _next;
        private byte* _end;
        private int _node;
        private int _left = MostLines;
        private readonly nint _stride = Math.Max(64, 2 * V.Count * TFormat.Bytes);

        /// <summary>Goes to a node: it and those before it need no prefetch any more.</summary>
        public void Begin(int node)
        {
            if (node < _node)
                return;
            _node = node + 1;
            _next = _end;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Prefetch()
        {
            if (_next >= _end && !Find())
                return;
            var p = _next;
            Tile.Prefetch(p);
            Tile.Prefetch(p + _stride);
            _next = p + (2 * _stride);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private bool Find()
        {
            for (; _left > 0 && _node < _listed.Length; _node++)
            {
                if (_count[_listed[_node]] > V.Count || _kind[_listed[_node]] != NodeKind.Tokens)
                    continue;
                _next = step.Chunk(_page[_listed[_node++]]) + keys;
                _end = _next + (nint)keySize * 2 * V.Count * TFormat.Bytes;
                _left -= (int)((_end - _next) / _stride);
                return true;
            }

            return false;
        }
    }
}
