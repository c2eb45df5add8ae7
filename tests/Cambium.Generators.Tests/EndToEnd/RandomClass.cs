using System.Globalization;
using System.Text;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>
/// A random model class as C# source, with its expected results. They come from loops over doubles next to each statement, independent of the
/// front end and the interpreter.
/// </summary>
internal sealed partial class RandomClass
{
    private readonly Choices _random;

    // A separate source of random numbers, so that a seed gives the same class as before except for its lambdas.
    private readonly Choices _lambdas;
    private readonly List<(string Declaration, string Path, int Rows, int Columns)> _weights = [];
    private readonly StringBuilder _body = new();
    private readonly List<Action<Run>> _steps = [];
    private readonly Dictionary<Kind, List<string>> _values = new() { [Kind.Wide] = ["x"], [Kind.Inner] = [], [Kind.One] = [], [Kind.Heads] = [] };
    private readonly (string Text, Func<int, int, int, bool> Means)[] _visible =
    [
        ("", static (_, _, _) => true),
        ("", static (_, _, _) => true),
        ("at.Query - at.Key != 1", static (query, key, _) => query - key != 1),
        ("Floor(at.Key / 3) == Floor(at.Query / 3) || at.Key == 0", static (query, key, _) => key / 3 == query / 3 || key == 0),
        ("at.Head > 0 ? at.Query - at.Key < 3 : !(at.Key <= 1) && at.Key != 4",
            static (query, key, head) => head > 0 ? query - key < 3 : key > 1 && key != 4),
    ];

    private int _next;

    public RandomClass(int seed)
        : this(new Choices([], new Random(seed)), new Choices([], new Random(~seed)), new Choices([], new Random(seed ^ 0x35a7)))
    {
    }

    /// <summary>The class of these choices. After the last choice, the smallest ones follow.</summary>
    public RandomClass(IReadOnlyList<int> statements, IReadOnlyList<int> lambdas, IReadOnlyList<int> forms)
        : this(new Choices(statements, null), new Choices(lambdas, null), new Choices(forms, null))
    {
    }

    private RandomClass(Choices statements, Choices lambdas, Choices forms)
    {
        _random = statements;
        _lambdas = lambdas;
        _forms = forms;
        var extends = _forms.Next(3) == 2;
        Hidden = Pick(3, 8, 17, 24);
        Heads = Pick(1, 2, 3);
        HeadDim = Pick(2, 4, 6, 10);
        Inner = Hidden + Pick(0, 1, 7, 16);
        Layers = _random.Next(1, 4);
        Vocab = _random.Next(5, 40);
        for (var statement = _random.Next(4, 12); statement > 0; statement--)
            Statement();
        Residual();
        Source = Print(extends);
    }

    private enum Kind
    {
        Wide,
        Inner,
        One,

        /// <summary>[T, heads, head size]; it has one axis more than <see cref="One"/>.</summary>
        Heads,
    }

    /// <summary>The choices of the class.</summary>
    public IReadOnlyList<int> Statements => _random.Made;

    /// <summary>The choices of the lambdas of attention.</summary>
    public IReadOnlyList<int> Lambdas => _lambdas.Made;

    public int Hidden { get; }

    public int Heads { get; }

    public int HeadDim { get; }

    public int Inner { get; }

    public int Layers { get; }

    public int Vocab { get; }

    public string Source { get; }

    public Dictionary<string, object> Config
    {
        get
        {
            var config = Sizes;
            Configure(config);
            return config;
        }
    }

    private Dictionary<string, object> Sizes => new()
    {
        ["architectures"] = new[] { "RandomForCausalLM" },
        ["hidden"] = Hidden,
        ["heads"] = Heads,
        ["head_dim"] = HeadDim,
        ["inner"] = Inner,
        ["layers"] = Layers,
        ["vocab"] = Vocab,
        ["deep"] = Layers > 1,
        ["max_position_embeddings"] = 256,
    };

    /// <summary>Logits of every position of every sequence, [position, vocabulary].</summary>
    /// <param name="weight">A tensor by its path in the checkpoint, row-major.</param>
    public double[][] Evaluate(IReadOnlyList<int[]> sequences, Func<string, int, double[]> weight)
    {
        var rows = new List<double[]>();
        foreach (var tokens in sequences)
        {
            var table = weight("table", Vocab * Hidden);
            var x = tokens.Select(token => table[(token * Hidden)..((token + 1) * Hidden)]).ToArray();
            for (var layer = 0; layer < Layers; layer++)
            {
                var run = new Run(layer, weight) { ["x"] = x };
                foreach (var step in _steps)
                    step(run);
                x = run["x"];
            }

            rows.AddRange(x.Select(row => Product(row, table, Vocab)));
        }

        return [.. rows];
    }

    private void Statement()
    {
        switch (_random.Next(15))
        {
            case 0 or 1:
                Linear();
                break;
            case 2 or 3:
                Unary();
                break;
            case 4 or 5:
                Binary();
                break;
            case 6:
                Reduce();
                break;
            case 7:
                Norm();
                break;
            case 8:
                Slice();
                break;
            case 9:
                Choice();
                break;
            case 10:
                Fold();
                break;
            case 11 or 12:
                Arrange();
                break;
            case 13:
                Join();
                break;
            default:
                Attention();
                break;
        }
    }

    private void Linear()
    {
        var from = Pick(Kind.Wide, Kind.Wide, Kind.Inner);
        if (_values[from].Count == 0)
            from = Kind.Wide;
        var to = Pick(Kind.Wide, Kind.Inner, Kind.One);
        var source = Any(from);
        var weight = Weight(to, from);
        Add(
            to,
            $"Linear({source}, {weight.Name})",
            run => [.. run[source].Select(row => Product(row, run.Weight(weight.Path, Width(to) * Width(from)), Width(to)))]);
    }

    private void Unary()
    {
        var kind = AnyKind();
        var source = Any(kind);
        var (text, function) = Pick<(string, Func<double, double>)>(
            ("Tanh", Math.Tanh),
            ("Sigmoid", static v => 1 / (1 + Math.Exp(-v))),
            ("Silu", static v => v / (1 + Math.Exp(-v))),
            ("Relu", static v => Math.Max(v, 0)),
            ("Abs", Math.Abs),
            ("Softplus", static v => Math.Log(1 + Math.Exp(-Math.Abs(v))) + Math.Max(v, 0)));
        Add(kind, $"{text}({source})", run => Map(run[source], function));
    }

    private void Binary()
    {
        var kind = AnyKind();
        var (a, b) = (Any(kind), Any(_random.Next(4) == 0 && kind != Kind.Heads && _values[Kind.One].Count > 0 ? Kind.One : kind));
        var (text, function) = Pick<(string, Func<double, double, double>)>(
            ("{0} + {1}", static (l, r) => l + r),
            ("{0} - {1}", static (l, r) => l - r),
            ("{0} * Tanh({1})", static (l, r) => l * Math.Tanh(r)),
            ("Minimum({0}, {1})", Math.Min),
            ("Maximum({0}, {1})", Math.Max),
            ("{0} / (1f + Square({1}))", static (l, r) => l / (1 + (r * r))));
        Add(kind, string.Format(CultureInfo.InvariantCulture, text, a, b), run => Zip(run[a], run[b], function));
    }

    private void Reduce()
    {
        var kind = Pick(Kind.Wide, Kind.Inner);
        if (_values[kind].Count == 0)
            kind = Kind.Wide;
        var source = Any(kind);
        var (text, function) = Pick<(string, Func<double[], double>)>(
            ("Mean", static row => row.Average()),
            ("MaximumOf", static row => row.Max()),
            ("Sum", static row => row.Sum()));
        Add(Kind.One, $"{text}({source})", run => [.. run[source].Select(row => new[] { function(row) })]);
    }

    private void Norm()
    {
        var source = Any(Kind.Wide);
        var gain = Vector();
        if (_random.Next(2) == 0)
        {
            var shift = Vector();
            Add(Kind.Wide, $"LayerNorm({source}, {gain.Name}, {shift.Name}, 1e-2f)", run => [.. run[source].Select(row =>
            {
                var (mean, weights, shifts) = (row.Average(), run.Weight(gain.Path, Hidden), run.Weight(shift.Path, Hidden));
                var scale = 1 / Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-2f);
                return row.Select((v, i) => ((v - mean) * scale * weights[i]) + shifts[i]).ToArray();
            })]);
            return;
        }

        Add(Kind.Wide, $"RmsNorm({source}, {gain.Name}, 1e-3f)", run => [.. run[source].Select(row =>
        {
            var scale = 1 / Math.Sqrt(row.Average(static v => v * v) + 1e-3f);
            var weights = run.Weight(gain.Path, Hidden);
            return row.Select((v, i) => v * scale * weights[i]).ToArray();
        })]);
    }

    private void Slice()
    {
        if (_values[Kind.Inner].Count == 0)
            return;
        var source = Any(Kind.Inner);
        var begin = _random.Next(0, Inner - Hidden + 1);
        Add(Kind.Wide, $"Slice({source}, {begin}, Hidden)", run => [.. run[source].Select(row => row[begin..(begin + Hidden)])]);
    }

    /// <summary>A row as heads, or heads as a row.</summary>
    private void Fold()
    {
        if (_values[Kind.Heads].Count > 0 && _random.Next(2) == 0)
        {
            var heads = Any(Kind.Heads);
            var weight = Add("w", Hidden, Heads * HeadDim, "Hidden, Heads * HeadDim");
            Add(
                Kind.Wide,
                $"Linear(Reshape({heads}, Heads * HeadDim), {weight.Name})",
                run => [.. run[heads].Select(row => Product(row, run.Weight(weight.Path, Hidden * Heads * HeadDim), Hidden))]);
            return;
        }

        // Several values in one tensor, interleaved by heads or not.
        var (source, parts, alternates) = (Any(Kind.Wide), _random.Next(1, 4), _random.Next(2) == 0);
        var fused = Add("f", parts * Heads * HeadDim, Hidden, $"{parts} * Heads * HeadDim, Hidden");
        var bias = _random.Next(2) == 0 ? Add("b", parts * Heads * HeadDim, 1, $"{parts} * Heads * HeadDim") : default;
        var product = $"Linear({source}, {fused.Name}{(bias.Name is null ? "" : $", {bias.Name}")})";
        var part = _random.Next(parts);
        double[] Whole(Run run, double[] row)
        {
            var result = Product(row, run.Weight(fused.Path, parts * Heads * HeadDim * Hidden), parts * Heads * HeadDim);
            return bias.Path is null ? result : [.. result.Zip(run.Weight(bias.Path, parts * Heads * HeadDim), static (a, b) => a + b)];
        }

        if (alternates)
            Add(
                Kind.Heads,
                $"Slice(Reshape({product}, Heads, {parts} * HeadDim), {part} * HeadDim, HeadDim)",
                run => [.. run[source].Select(row => Each(Whole(run, row), parts * HeadDim, part * HeadDim, HeadDim))]);
        else
            Add(
                Kind.Heads,
                $"Reshape(Slice({product}, {part} * Heads * HeadDim, Heads * HeadDim), Heads, HeadDim)",
                run => [.. run[source].Select(row => Whole(run, row)[(part * Heads * HeadDim)..((part + 1) * Heads * HeadDim)])]);
    }

    /// <summary>Elements of heads in another order.</summary>
    private void Arrange()
    {
        if (_values[Kind.Heads].Count == 0)
        {
            Fold();
            return;
        }

        var (a, b, cut) = (Any(Kind.Heads), Any(Kind.Heads), _random.Next(1, HeadDim));
        var rest = $"HeadDim - {cut}";
        switch (_random.Next(10))
        {
            case 0:
                Add(
                    Kind.Heads,
                    $"Concat(Slice({a}, {cut}, {rest}), Slice({b}, 0, {cut}))",
                    run => Both(run[a], run[b], (x, y) => Woven(Each(x, HeadDim, cut, HeadDim - cut), HeadDim - cut, Each(y, HeadDim, 0, cut), cut)));
                break;
            case 1:
                Add(Kind.Heads, $"Concat(Tanh(Slice({a}, 0, {cut}) + Slice({b}, {rest}, {cut})), -Slice({a}, {cut}, {rest}))",
                    run => Both(run[a], run[b], (x, y) => Woven(
                    [.. Each(x, HeadDim, 0, cut).Zip(Each(y, HeadDim, HeadDim - cut, cut), static (l, r) => Math.Tanh(l + r))],
                    cut,
                    [.. Each(x, HeadDim, cut, HeadDim - cut).Select(static v => -v)],
                    HeadDim - cut)));
                break;
            case 2:
                Add(Kind.Heads, $"Reshape(Transpose({a}), Heads, HeadDim)", run => [.. run[a].Select(Turned)]);
                break;
            case 3:
                var head = _random.Next(Heads);
                Add(
                    Kind.Heads,
                    $"{b} * Repeat(Reshape(Slice(Reshape({a}, Heads * HeadDim), {head} * HeadDim, HeadDim), 1, HeadDim), Heads)",
                    run => Both(run[a], run[b], (x, y) => [.. y.Select((v, i) => v * x[(head * HeadDim) + (i % HeadDim)])]));
                break;
            case 4:
                Add(
                    Kind.Heads,
                    $"{b} - Slice({a}, {cut}, 1)",
                    run => Both(run[a], run[b], (x, y) => [.. y.Select((v, i) => v - x[(i / HeadDim * HeadDim) + cut])]));
                break;
            case 5:
                // The similarity of each head to the others.
                Add(
                    Kind.Heads,
                    $"MatMul(Tanh(MatMul({a}, Transpose({b}))), {b})",
                    run => Both(run[a], run[b], (x, y) => Times([.. Times(x, HeadDim, Turned(y), Heads).Select(Math.Tanh)], Heads, y, HeadDim)));
                break;
            case 6:
                var mix = Add("m", HeadDim, HeadDim, "HeadDim, HeadDim");
                Add(
                    Kind.Heads,
                    $"MatMul({a}, {mix.Name})",
                    run => [.. run[a].Select(x => Times(x, HeadDim, run.Weight(mix.Path, HeadDim * HeadDim), HeadDim))]);
                break;
            case 7:
                var each = Add("m", HeadDim, HeadDim, "HeadDim, HeadDim");
                Add(Kind.Heads, $"Linear({a}, {each.Name})", run => [.. run[a].Select(x =>
                {
                    var values = run.Weight(each.Path, HeadDim * HeadDim);
                    return Times(x, HeadDim, [.. values.Select((_, i) => values[(i % HeadDim * HeadDim) + (i / HeadDim)])], HeadDim);
                })]);
                break;
            case 8:
                var (reduction, function) = Pick<(string, Func<IEnumerable<double>, double>)>(
                    ("Mean", static v => v.Average()),
                    ("MaximumOf", static v => v.Max()),
                    ("Sum", static v => v.Sum()));
                Add(
                    Kind.Heads,
                    $"{b} - {reduction}({a}, axis: -2)",
                    run => Both(run[a], run[b], (x, y) => [.. y.Select((v, i) => v - function(x.Where((_, j) => j % HeadDim == i % HeadDim)))]));
                break;
            default:
                Add(Kind.Heads, $"Softmax({a} + Mean(Slice({b}, {cut}, {rest})))", run => Both(run[a], run[b], (x, y) =>
                {
                    double[] sums = [.. x.Select((v, i) => v + y.Skip((i / HeadDim * HeadDim) + cut).Take(HeadDim - cut).Average())];
                    return [.. sums.Select((v, i) => Math.Exp(v) / sums.Skip(i / HeadDim * HeadDim).Take(HeadDim).Sum(Math.Exp))];
                }));
                break;
        }
    }

    private void Join()
    {
        var (a, b, cut) = (Any(Kind.Wide), Any(Kind.Wide), _random.Next(1, Hidden));
        if (_random.Next(2) == 0)
        {
            Add(
                Kind.Wide,
                $"Concat(Slice({a}, {cut}, Hidden - {cut}), Slice({b}, Hidden - {cut}, {cut}))",
                run => Both(run[a], run[b], (x, y) => [.. x[cut..], .. y[(Hidden - cut)..]]));
            return;
        }

        // A weight that is computed at load.
        var weight = Add("w", Hidden, Hidden, "Hidden, Hidden");
        Add(Kind.Wide, $"Linear({a}, Transpose({weight.Name}) * 0.5f + Range(Hidden) * 0.01f)", run => [.. run[a].Select(row =>
        {
            var values = run.Weight(weight.Path, Hidden * Hidden);
            return Product(
                row,
                [.. Enumerable.Range(0, Hidden * Hidden).Select(i => (values[(i % Hidden * Hidden) + (i / Hidden)] * 0.5) + (i % Hidden * 0.01))],
                Hidden);
        })]);
    }

    /// <summary>A slice of each group of a row.</summary>
    private static double[] Each(double[] row, int group, int begin, int count) =>
        [.. row.Where((_, i) => i % group >= begin && i % group < begin + count)];

    private double[] Woven(double[] a, int countA, double[] b, int countB) =>
        [.. Enumerable.Range(0, Heads).SelectMany(head => a.Skip(head * countA).Take(countA).Concat(b.Skip(head * countB).Take(countB)))];

    private double[] Turned(double[] row) => [.. Enumerable.Range(0, row.Length).Select(i => row[(i % Heads * HeadDim) + (i / Heads)])];

    /// <summary>[.., k] times [k, m].</summary>
    private static double[] Times(double[] a, int k, double[] b, int m) =>
        [.. Enumerable.Range(0, a.Length / k * m)
            .Select(i => Enumerable.Range(0, k).Sum(inner => a[(i / m * k) + inner] * b[(inner * m) + (i % m)]))];

    private static double[][] Both(double[][] a, double[][] b, Func<double[], double[], double[]> function) =>
        [.. a.Select((row, t) => function(row, b[t]))];

    private void Choice()
    {
        var kind = AnyKind();
        var (a, b) = (Any(kind), Any(kind));
        var (text, condition) = Pick<(string, Func<int, bool>)>(
            ("Place % 2 == 0", static layer => layer % 2 == 0),
            ("Deep && Place > 0", layer => Layers > 1 && layer > 0),
            ("Heads >= 2 || !Deep", _ => Heads >= 2 || Layers <= 1));
        Add(kind, $"{text} ? {a} : {b} * 0.5f", run => condition(run.Layer) ? run[a] : Map(run[b], static v => v * 0.5));
    }

    private void Attention()
    {
        var source = Any(Kind.Wide);
        var (q, k, v, o) = (Heading(), Heading(), Heading(), Add("o", Hidden, Heads * HeadDim, "Hidden, Heads * HeadDim"));
        var window = Pick(0, 1, 4);
        var penalty = _random.Next(2) == 0;
        var (sinks, table) =
            (_lambdas.Next(3) == 0 ? Add("s", Heads, 1, "Heads") : default, _lambdas.Next(3) == 0 ? Add("t", 5, Heads, "5, Heads") : default);
        var (visible, isVisible) = _visible[_lambdas.Next(_visible.Length)];
        var added = (penalty ? " - 0.25f * (at.Query - at.Key)" : "")
            + (table.Name is null ? "" : $" + {table.Name}[at.Query - at.Key - 1, at.Head]");
        var how = (added.Length > 0 ? $", score: (s, at) => s{added}" : "") + (visible.Length > 0 ? $", visible: at => {visible}" : "")
            + (sinks.Name is null ? "" : $", sinks: {sinks.Name}");
        var (rotates, isInterleaved, norms) = (_random.Next(2) == 0, _random.Next(3) == 0, _random.Next(3) == 0);
        var gain = norms ? Add("n", HeadDim, 1, "HeadDim") : default;
        string Head((string Name, string Path) weight) => $"Reshape(Linear({source}, {weight.Name}), Heads, HeadDim)";
        string Key((string Name, string Path) weight)
        {
            var text = norms ? $"RmsNorm({Head(weight)}, {gain.Name}, 1e-2f)" : Head(weight);
            return rotates ? $"Rotate({text}, Rope{(isInterleaved ? ", interleaved: true" : "")})" : text;
        }

        Add(Kind.Wide, $"Linear(Reshape(Attend({Key(q)}, {Key(k)}, {Head(v)}, window: {window}{how}), Heads * HeadDim), {o.Name})", run =>
        {
            double[][] Of((string Name, string Path) weight) =>
                [.. run[source].Select(row => Product(row, run.Weight(weight.Path, Heads * HeadDim * Hidden), Heads * HeadDim))];
            double[][] Turned((string Name, string Path) weight) => [.. Of(weight).Select((row, position) =>
                rotates
                    ? Rotated(norms ? Normed(row, run.Weight(gain.Path, HeadDim)) : row, position, isInterleaved)
                    : norms ? Normed(row, run.Weight(gain.Path, HeadDim)) : row)];
            var (queries, keys, values) = (Turned(q), Turned(k), Of(v));
            var (sink, bias) =
                (sinks.Path is null ? null : run.Weight(sinks.Path, Heads), table.Path is null ? null : run.Weight(table.Path, 5 * Heads));
            var seen = queries.Select((_, row) => Look(queries[row], keys, values, row, head => sink?[head] ?? double.NegativeInfinity, (key, head) =>
                (window > 0 && row - key >= window) || !isVisible(row, key, head)
                    ? double.NegativeInfinity
                    : (penalty ? -0.25 * (row - key) : 0) + (bias?[(Math.Clamp(row - key - 1, 0, 4) * Heads) + head] ?? 0))).ToArray();
            return [.. seen.Select(row => Product(row, run.Weight(o.Path, Hidden * Heads * HeadDim), Hidden))];
        });

        (string Name, string Path) Heading() => Add("head", Heads * HeadDim, Hidden, "Heads * HeadDim, Hidden");
    }

    private double[] Normed(double[] row, double[] gain)
    {
        var result = new double[row.Length];
        for (var head = 0; head < Heads; head++)
        {
            var scale = 1 / Math.Sqrt(row.Skip(head * HeadDim).Take(HeadDim).Average(static v => v * v) + 1e-2f);
            for (var i = 0; i < HeadDim; i++)
                result[(head * HeadDim) + i] = row[(head * HeadDim) + i] * scale * gain[i];
        }

        return result;
    }

    private double[] Rotated(double[] row, int position, bool isInterleaved)
    {
        var result = new double[row.Length];
        for (var head = 0; head < Heads; head++)
        {
            for (var i = 0; i < HeadDim / 2; i++)
            {
                var (first, second) = isInterleaved ? (2 * i, (2 * i) + 1) : (i, i + (HeadDim / 2));
                var (a, b) = (row[(head * HeadDim) + first], row[(head * HeadDim) + second]);
                var (sin, cos) = Math.SinCos(position * Math.Pow(10000, -2.0 * i / HeadDim));
                result[(head * HeadDim) + first] = (a * cos) - (b * sin);
                result[(head * HeadDim) + second] = (b * cos) + (a * sin);
            }
        }

        return result;
    }

    private double[] Look(double[] query, double[][] keys, double[][] values, int row, Func<int, double> sink, Func<int, int, double> added)
    {
        var result = new double[Heads * HeadDim];
        for (var head = 0; head < Heads; head++)
        {
            var scores = Enumerable.Range(0, row + 1)
                .Select(key => (Enumerable.Range(head * HeadDim, HeadDim).Sum(i => query[i] * keys[key][i]) / Math.Sqrt(HeadDim)) + added(key, head))
                .ToArray();
            var largest = Math.Max(scores.Max(), sink(head));
            if (double.IsNegativeInfinity(largest))
                continue;
            var weights = scores.Select(score => Math.Exp(score - largest)).ToArray();
            var total = weights.Sum() + Math.Exp(sink(head) - largest);
            for (var i = head * HeadDim; i < (head + 1) * HeadDim; i++)
                result[i] = weights.Select((weight, key) => weight * values[key][i]).Sum() / total;
        }

        return result;
    }

    private void Residual()
    {
        var last = _values[Kind.Wide][^1];
        _body.Append("        return x + 0.5f * Tanh(").Append(last).Append(");\n");
        _steps.Add(run => run["x"] = Zip(run["x"], run[last], static (x, y) => x + (0.5 * Math.Tanh(y))));
    }

    private void Add(Kind kind, string text, Func<Run, double[][]> compute)
    {
        var name = "v" + _next++.ToString(CultureInfo.InvariantCulture);
        var change = Write(name, text, kind == Kind.Wide);
        _steps.Add(run => run[name] = change(run, compute(run)));
        _values[kind].Add(name);
    }

    private (string Name, string Path) Weight(Kind to, Kind from) => Add("w", Width(to), Width(from), $"{Word(to)}, {Word(from)}");

    private (string Name, string Path) Vector() => Add("g", Hidden, 1, "Hidden");

    private (string Name, string Path) Add(string prefix, int rows, int columns, string shape)
    {
        var path = prefix + _weights.Count.ToString(CultureInfo.InvariantCulture);
        var name = path.ToUpperInvariant();
        _weights.Add(($"    [Weight(\"{path}\", \"{shape}\")] public partial Tensor {name} {{ get; }}", path, rows, columns));
        return (name, path);
    }

    private int Width(Kind kind) => kind switch { Kind.Wide => Hidden, Kind.Inner => Inner, Kind.Heads => Heads * HeadDim, _ => 1 };

    private static string Word(Kind kind) => kind switch { Kind.Wide => "Hidden", Kind.Inner => "Inner", _ => "1" };

    private Kind AnyKind()
    {
        var kinds = _values.Where(static pair => pair.Value.Count > 0).Select(static pair => pair.Key).Order().ToList();
        return kinds[_random.Next(kinds.Count)];
    }

    private string Any(Kind kind) => _values[kind][_random.Next(_values[kind].Count)];

    private T Pick<T>(params T[] items) => items[_random.Next(items.Length)];

    private static double[] Product(double[] row, double[] weight, int outputs) =>
        [.. Enumerable.Range(0, outputs).Select(output => row.Select((v, i) => v * weight[(output * row.Length) + i]).Sum())];

    private static double[][] Map(double[][] rows, Func<double, double> function) => [.. rows.Select(row => row.Select(function).ToArray())];

    private static double[][] Zip(double[][] a, double[][] b, Func<double, double, double> function) =>
        [.. a.Select((row, t) => row.Select((v, i) => function(v, b[t][b[t].Length == 1 ? 0 : i])).ToArray())];

    /// <param name="extends">Whether the layer inherits its settings and every second weight.</param>
    private string Print(bool extends) => $$"""
        namespace Sample;

        {{(!extends ? "" : $$"""
        [Block]
        public abstract partial class Base
        {
        {{Settings}}
        {{Weights(static place => place % 2 == 0)}}

            public virtual Tensor Forward(Tensor x) => Changed(x);

            protected abstract Tensor Changed(Tensor x);
        }

        """)}}[Block]
        public partial class Layer{{(extends ? " : Base" : "")}}
        {
        {{(extends ? "" : Settings)}}
        {{Choosing}}
        {{Weights(place => !extends || place % 2 == 1)}}

            {{(extends ? "protected override Tensor Changed" : "public Tensor Forward")}}(Tensor x)
            {
        {{_body}}    }
        {{string.Join("\n", _methods)}}
        }

        {{Types}}

        [Model("RandomForCausalLM")]
        public partial class Tiny
        {
            [Dim("hidden")] public partial int Hidden { get; }
            [Dim("layers")] public partial int Depth { get; }
            [Dim("vocab")] public partial int Vocab { get; }
            [Weight("table", "Vocab, Hidden")] public partial Tensor Table { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Layers { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Table[tokens];
                foreach (var layer in Layers)
                    x = layer.Forward(x);
                return Linear(x, Table);
            }
        }
        """;

    private const string Settings = """
            [Dim("hidden")] public partial int Hidden { get; }
            [Dim("heads")] public partial int Heads { get; }
            [Dim("head_dim")] public partial int HeadDim { get; }
            [Dim("inner")] public partial int Inner { get; }
            [Option("deep", Default = false)] public partial bool Deep { get; }
            [StackIndex] public partial int Place { get; }
            [Option(Default = nameof(HeadDim))] public partial Rotary Rope { get; }
        """;

    private string Weights(Func<int, bool> isHere) =>
        string.Join("\n", _weights.Where((_, place) => isHere(place)).Select(static weight => weight.Declaration));

    /// <summary>The values of one layer for one sequence.</summary>
    private sealed class Run(int layer, Func<string, int, double[]> weight)
    {
        private readonly Dictionary<string, double[][]> _values = [];

        public int Layer { get; } = layer;

        public double[][] this[string name]
        {
            get => _values[name];
            set => _values[name] = value;
        }

        public double[] Weight(string path, int count) => weight($"layers.{Layer.ToString(CultureInfo.InvariantCulture)}.{path}", count);
    }
}
