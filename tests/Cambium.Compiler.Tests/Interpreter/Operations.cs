using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Tests.Interpretation;

/// <summary>A node with the values of its operands.</summary>
internal sealed record Operation(Interpreter Interpreter, Function Function, Node Node, IReadOnlyList<Values> Operands, int Layer);

/// <summary>Every op of the catalog in its simplest form.</summary>
public static class Operations
{
    /// <summary>Names of the ops that the interpreter runs.</summary>
    public static IEnumerable<string> Names => Table.Keys;

    internal static IReadOnlyDictionary<string, Func<Operation, IReadOnlyList<Values>>> Table { get; } = MakeTable();

    private static Dictionary<string, Func<Operation, IReadOnlyList<Values>>> MakeTable()
    {
        var table = new Dictionary<string, Func<Operation, IReadOnlyList<Values>>>
        {
            ["weight"] = static use => [use.Interpreter.Weight(use.Node.SymbolOf("name"), use.Layer)],
            ["range"] = static use =>
                [new Values([(int)use.Interpreter.SizeOf(use.Node.SizeOf("count"))],
                    [.. Enumerable.Range(0, (int)use.Interpreter.SizeOf(use.Node.SizeOf("count"))).Select(static i => (double)i)])],
            ["cast"] = static use => [new Values([use.Operands[0].Shape[0], 1], use.Operands[0].Data)],
            ["scalar"] = static use => [new Values([], [use.Interpreter.NumberOf(use.Node["value"]!, use.Layer)])],
            ["mean"] = static use => [Along(use, static x => Reduce(x, static values => Sum(values) / values.Length))],
            ["sum"] = static use => [Along(use, static x => Reduce(x, Sum))],
            ["reduce_max"] = static use => [Along(use, static x => Reduce(x, static values => Max(values)))],
            ["rotate"] = static use => [Rotate(use)],
            ["reshape"] = static use => [new Values(use.Interpreter.ShapeOf(use.Function.Types[use.Node.Result]), use.Operands[0].Data)],
            ["slice"] = static use => [Slice(use)],
            ["split"] = static use => Split(use),
            ["concat"] = static use => [Concat(use.Operands)],
            ["repeat"] = static use => [Repeat(use.Operands[0], (int)use.Interpreter.SizeOf(use.Node.SizeOf("times")))],
            ["transpose"] = static use => [Transpose(use.Operands[0])],
            ["expand"] = static use =>
                [Broadcast([use.Operands[0], new Values(use.Interpreter.ShapeOf(use.Function.Types[use.Node.Result]))], static values => values[0])],
            ["positions"] = static use =>
                [new Values(use.Operands[0].Shape, [.. use.Interpreter.Position.Select(static position => (double)position)])],
            ["shift"] = static use =>
                [new Values(use.Operands[0].Shape, [.. use.Operands[0].Data.Select(id => id + use.Interpreter.SizeOf(use.Node.SizeOf("by")))])],
            ["choose"] = static use => [use.Operands[0].Data[0] != 0 ? use.Operands[1] : use.Operands[2]],
            ["gather"] = static use => [use.Operands[0].Rows([.. use.Operands[1].Data.Select(static token => (int)token)])],
            ["linear"] = static use => [Linear(use.Operands[0], use.Operands[1], use.Operands.Count > 2 ? use.Operands[2] : null)],
            ["attend"] = static use => [Attend(use)],
            ["clamp"] = static use => [Broadcast(use.Operands, static values => Math.Min(Math.Max(values[0], values[1]), values[2]))],
            ["softmax"] = static use => [Along(use, Softmax)],
            ["matmul"] = static use => [MatMul(use)],
            ["rms_norm"] = static use => [RmsNorm(use.Operands[0], use.Operands[1], use.Operands[2].Data[0])],
            ["layer_norm"] = static use => [LayerNorm(use.Operands[0], use.Operands[1], use.Operands[2], use.Operands[3].Data[0])],

            // Attention reads its operands here, because the interpreter has no KV cache.
            ["append_key"] = static use => [use.Operands[0]],
            ["append_value"] = static use => [use.Operands[0]],
            ["select"] = static use => [use.Operands[0].Rows(use.Interpreter.OutputRows)],
            ["tap"] = static _ => [],
            ["branch"] = static use => use.Interpreter.Branch(use),
            ["loop"] = static use => use.Interpreter.Loop(use),
        };
        foreach (var (name, function) in ElementFunctions.Unary)
            table.Add(name, use => [use.Operands[0].Map(function)]);
        foreach (var (name, function) in ElementFunctions.Binary)
            table.Add(name, use => [Broadcast(use.Operands, values => function(values[0], values[1]))]);
        foreach (var (name, function) in ElementFunctions.Ternary)
            table.Add(name, use => [Broadcast(use.Operands, values => function(values[0], values[1], values[2]))]);
        return table;
    }

    private static Values Slice(Operation use) =>
        Columns(use.Operands[0], (int)use.Interpreter.SizeOf(use.Node.SizeOf("begin")), (int)use.Interpreter.SizeOf(use.Node.SizeOf("count")));

    private static Values[] Split(Operation use)
    {
        var begin = 0;
        return [.. use.Node.Results.Select(result =>
        {
            int count = use.Interpreter.ShapeOf(use.Function.Types[result])[^1];
            begin += count;
            return Columns(use.Operands[0], begin - count, count);
        })];
    }

    private static Values Columns(Values x, int begin, int count) =>
        new(
            [.. x.Shape.AsSpan(0, x.Shape.Length - 1), count],
            [.. Enumerable.Range(0, x.Data.Length / x.Last).SelectMany(group => x.Data.Skip((group * x.Last) + begin).Take(count))]);

    /// <summary>Applies a function over the last axis, or over the axis before it if the node has <c>axis=-2</c>.</summary>
    private static Values Along(Operation use, Func<Values, Values> function) => use.Node["axis"] is SizeValue { Value.Value: -2 }
        ? Transpose(function(Transpose(use.Operands[0])))
        : function(use.Operands[0]);

    private static Values MatMul(Operation use)
    {
        var (a, b) = (use.Operands[0], use.Operands[1]);
        var result = new Values(use.Interpreter.ShapeOf(use.Function.Types[use.Node.Result]));
        var (isRow, k, m) = (use.Function.Types[use.Node.Operands[0]] is { IsRows: true, Rank: 2 }, a.Last, b.Last);
        int n = isRow ? 1 : a.Shape[^2];
        for (int i = 0; i < result.Data.Length; i++)
        {
            // Matrices that are fewer than the results repeat: for all matrices of a row, or for all rows.
            var (matrix, row, column) = (i / (n * m), i / m % n, i % m);
            int count = result.Data.Length / (n * m);
            var (left, right) = (Place(use.Node.Operands[0], a.Data.Length / (n * k)), Place(use.Node.Operands[1], b.Data.Length / (k * m)));
            for (int inner = 0; inner < k; inner++)
                result.Data[i] += a.Data[(left * n * k) + (row * k) + inner] * b.Data[(right * k * m) + (inner * m) + column];

            int Place(int operand, int matrices) => matrices == count ? matrix
                : use.Function.Types[operand].IsRows ? matrix / (count / matrices)
                : matrix % matrices;
        }

        return result;
    }

    private static Values Concat(IReadOnlyList<Values> parts)
    {
        var result = new Values([.. parts[0].Shape.AsSpan(0, parts[0].Shape.Length - 1), parts.Sum(static part => part.Last)]);
        for (int group = 0; group < result.Data.Length / result.Last; group++)
        {
            int begin = group * result.Last;
            foreach (var part in parts)
            {
                part.Data.AsSpan(group * part.Last, part.Last).CopyTo(result.Data.AsSpan(begin, part.Last));
                begin += part.Last;
            }
        }

        return result;
    }

    private static Values Repeat(Values x, int times)
    {
        var result = new Values([.. x.Shape.AsSpan(0, x.Shape.Length - 2), x.Shape[^2] * times, x.Last]);
        for (int group = 0; group < result.Data.Length / x.Last; group++)
            x.Data.AsSpan(group / times * x.Last, x.Last).CopyTo(result.Data.AsSpan(group * x.Last, x.Last));
        return result;
    }

    private static Values Transpose(Values x)
    {
        var (height, width) = (x.Shape[^2], x.Last);
        var result = new Values([.. x.Shape.AsSpan(0, x.Shape.Length - 2), width, height]);
        for (int i = 0; i < x.Data.Length; i++)
            result.Data[(i / (height * width) * height * width) + (i % width * height) + (i / width % height)] = x.Data[i];
        return result;
    }

    private delegate double Reducer(ReadOnlySpan<double> values);

    private static double Sum(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return sum;
    }

    private static double Max(ReadOnlySpan<double> values)
    {
        double max = double.NegativeInfinity;
        foreach (double value in values)
            max = Math.Max(max, value);
        return max;
    }

    private static Values Reduce(Values x, Reducer reducer)
    {
        var result = new Values(x.Shape.Length == 0 ? [] : [.. x.Shape.AsSpan(0, x.Shape.Length - 1), 1]);
        for (int i = 0; i < result.Data.Length; i++)
            result.Data[i] = reducer(x.Data.AsSpan(i * x.Last, x.Last));
        return result;
    }

    /// <summary>Aligns shapes at their ends and repeats axes of 1.</summary>
    private static Values Broadcast(IReadOnlyList<Values> operands, Func<double[], double> function)
    {
        int rank = operands.Max(static operand => operand.Shape.Length);
        var result = new Values([.. Enumerable.Range(0, rank).Select(axis => operands.Max(operand => Axis(operand, axis - rank)))]);
        for (int i = 0; i < result.Data.Length; i++)
            result.Data[i] = function([.. operands.Select(operand => operand.Data[Place(operand, i)])]);
        return result;

        static int Axis(Values x, int fromEnd) => x.Shape.Length + fromEnd >= 0 ? x.Shape[x.Shape.Length + fromEnd] : 1;

        int Place(Values x, int index)
        {
            var (place, stride) = (0, 1);
            for (int axis = -1; axis >= -rank; axis--)
            {
                int at = index % result.Shape[rank + axis];
                index /= result.Shape[rank + axis];
                if (Axis(x, axis) != 1)
                    place += at * stride;
                stride *= Axis(x, axis);
            }

            return place;
        }
    }

    private static Values Linear(Values x, Values weight, Values? bias)
    {
        var result = new Values([.. x.Shape.AsSpan(0, x.Shape.Length - 1), weight.Shape[0]]);
        for (int i = 0; i < result.Data.Length; i++)
        {
            var (row, column) = (i / weight.Shape[0], i % weight.Shape[0]);
            result.Data[i] = bias?.Data[column] ?? 0;
            for (int k = 0; k < weight.Shape[1]; k++)
                result.Data[i] += x.Data[(row * x.Last) + k] * weight.Row(column)[k];
        }

        return result;
    }

    private static Values Softmax(Values x) => EachGroup(x, static (values, result) =>
    {
        double max = Max(values);
        double sum = 0;
        foreach (double value in values)
            sum += Math.Exp(value - max);
        for (int i = 0; i < values.Length; i++)
            result[i] = Math.Exp(values[i] - max) / sum;
    });

    /// <summary>An element of a vector. A number is every element.</summary>
    private static double Element(Values vector, int i) => vector.Shape.Length == 0 ? vector.Data[0] : vector.Data[i];

    private static Values RmsNorm(Values x, Values weight, double epsilon) => EachGroup(x, (values, result) =>
    {
        double meanSquare = 0;
        foreach (double value in values)
            meanSquare += value * value / values.Length;
        for (int i = 0; i < values.Length; i++)
            result[i] = values[i] / Math.Sqrt(meanSquare + epsilon) * Element(weight, i);
    });

    private static Values LayerNorm(Values x, Values weight, Values bias, double epsilon) => EachGroup(x, (values, result) =>
    {
        double mean = Sum(values) / values.Length;
        double variance = 0;
        foreach (double value in values)
            variance += (value - mean) * (value - mean) / values.Length;
        for (int i = 0; i < values.Length; i++)
            result[i] = ((values[i] - mean) / Math.Sqrt(variance + epsilon) * Element(weight, i)) + Element(bias, i);
    });

    private delegate void GroupFunction(ReadOnlySpan<double> values, Span<double> result);

    private static Values EachGroup(Values x, GroupFunction function)
    {
        var result = new Values(x.Shape);
        for (int start = 0; start < x.Data.Length; start += x.Last)
            function(x.Data.AsSpan(start, x.Last), result.Data.AsSpan(start, x.Last));
        return result;
    }

    private static Values Rotate(Operation use)
    {
        var x = use.Operands[0];
        var angles = use.Interpreter.Rotary(use.Node.SymbolOf("rotary"));
        bool interleaved = use.Node.Is("interleaved");
        var (heads, half) = (x.Shape[1], angles.Cos.GetLength(1));
        if (2 * half > x.Last)
            throw new InvalidOperationException($"{half} angles do not fit heads of {x.Last}.");

        // Elements without an angle do not change.
        var result = new Values(x.Shape, [.. x.Data]);
        for (int row = 0; row < x.Shape[0]; row++)
        {
            int position = use.Interpreter.Position[row];
            for (int head = 0; head < heads; head++)
            {
                for (int pair = 0; pair < half; pair++)
                {
                    int start = head * x.Last;
                    var (first, second) = interleaved ? (start + (2 * pair), start + (2 * pair) + 1) : (start + pair, start + pair + half);
                    var (cos, sin) = (angles.Cos[position, pair], angles.Sin[position, pair]);
                    result.Row(row)[first] = (x.Row(row)[first] * cos) - (x.Row(row)[second] * sin);
                    result.Row(row)[second] = (x.Row(row)[second] * cos) + (x.Row(row)[first] * sin);
                }
            }
        }

        return result;
    }

    private static Values Attend(Operation use)
    {
        var (q, k, v) = (use.Operands[0], use.Operands[1], use.Operands[2]);
        var (rows, heads, keySize, valueSize) = (q.Shape[0], q.Shape[1], k.Last, v.Last);
        if (heads % k.Shape[1] != 0)
            throw new InvalidOperationException($"{heads} query heads cannot share {k.Shape[1]} key heads.");
        var (sequence, position) = (use.Interpreter.Sequence, use.Interpreter.Position);
        double scale = use.Node["scale"] is { } given && use.Interpreter.NumberOf(given, use.Layer) is not 0 and var number
            ? number
            : 1 / Math.Sqrt(keySize);
        double window = use.Node["window"] is { } size ? use.Interpreter.NumberOf(size, use.Layer) : 0;
        bool causal = use.Node.Is("causal");
        var result = new Values([rows, heads, valueSize]);
        for (int row = 0; row < rows; row++)
        {
            for (int head = 0; head < heads; head++)
            {
                int keyHead = head / (heads / k.Shape[1]);
                int[] visible = [.. Enumerable.Range(0, rows).Where(other =>
                    sequence[other] == sequence[row] && (!causal || position[other] <= position[row])
                        && (window == 0 || Math.Abs(position[row] - position[other]) < window))];
                double[] scores = [.. visible.Select(other => Score(row, other, head, keyHead))];
                double? sink = use.Node["sinks"] is ScoreValue { Body: ScalarExpression.Lookup { Operand: var at } }
                    ? use.Operands[at].Data[head]
                    : null;
                double max = Math.Max(Max(scores), sink ?? double.NegativeInfinity);

                // The result of a query without visible keys is zeros.
                if (double.IsNegativeInfinity(max))
                    continue;
                double[] shares = [.. scores.Select(score => Math.Exp(score - max))];
                double total = Sum(shares) + (sink is { } value ? Math.Exp(value - max) : 0);
                for (int i = 0; i < visible.Length; i++)
                {
                    for (int d = 0; d < valueSize; d++)
                        result.Row(row)[(head * valueSize) + d] += shares[i] / total * v.Row(visible[i])[(keyHead * valueSize) + d];
                }
            }
        }

        return result;

        double Score(int row, int other, int head, int keyHead)
        {
            double dot = 0;
            for (int d = 0; d < keySize; d++)
                dot += q.Row(row)[(head * keySize) + d] * k.Row(other)[(keyHead * keySize) + d];
            double score = scale * dot;
            return use.Node.Score is not { } body ? score : ElementFunctions.Evaluate(body, Leaf);

            double Leaf(ScalarExpression leaf) => leaf switch
            {
                ScalarExpression.Input { Name: "score" } => score,
                ScalarExpression.Input { Name: "query" } => position[row],
                ScalarExpression.Input { Name: "key" } => position[other],
                ScalarExpression.Input { Name: "head" } => head,
                ScalarExpression.Lookup lookup =>
                    use.Operands[lookup.Operand] is var table
                        && lookup.Indices.Select((index, axis) => (int)Math.Clamp(ElementFunctions.Evaluate(index, Leaf), 0, table.Shape[axis] - 1))
                            .ToArray() is var indices
                    ? table.Data[indices.Length == 1 ? indices[0] : (indices[0] * table.Shape[1]) + indices[1]]
                    : 0,
                _ => use.Interpreter.NumberOf(new ScoreValue(leaf), use.Layer),
            };
        }
    }
}
