using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>Reads the text that <see cref="KernelText"/> prints, with slots if it has them. Remarks about fusion are not part of the text.</summary>
public sealed class KernelParser
{
    private readonly Module _module;
    private readonly string[] _lines;
    private readonly Arena _arena = new();
    private readonly Dictionary<string, Dictionary<int, (TensorType Type, int Slot)>> _slots = new(StringComparer.Ordinal);
    private int _at;

    private KernelParser(string text, Module module) => (_lines, _module) = (text.TrimEnd('\n').Split('\n'), module);

    /// <param name="module">Weights, dims, options and entry points of the kernels.</param>
    /// <exception cref="FormatException">The text is not that of kernels; the message has the line.</exception>
    public static KernelModule Parse(string text, Module module)
    {
        var parser = new KernelParser(text, module);
        var functions = new List<KernelFunction>();
        while (parser._at < parser._lines.Length)
            functions.Add(parser.Function());
        var kernels = new KernelModule(module, functions);
        return parser._slots.Values.Any(static slots => slots.Values.Any(static slot => slot.Slot >= 0)) ? parser.WithSlots(kernels) : kernels;
    }

    private string Line => _lines[_at].Trim();

    private bool IsAt(string word) => _at < _lines.Length && (Line == word || Line.StartsWith(word + " ", StringComparison.Ordinal));

    private FormatException Error(string expected) =>
        new($"line {(_at + 1).ToString(CultureInfo.InvariantCulture)}: expected {expected}, found '{(_at < _lines.Length ? Line : "the end")}'");

    private string After(string word) => IsAt(word) ? Line.Substring(word.Length).Trim() : throw Error($"'{word}'");

    private KernelFunction Function()
    {
        var header = After(IsAt("entry") ? "entry" : "function");
        _at++;
        var open = header.IndexOf('(');
        var name = header.Substring(0, open);
        var kernels = new List<Kernel>();
        while (!IsAt("return"))
            kernels.Add(Kernel());
        var returns = Values(After("return"));
        _at++;
        var types = new Dictionary<int, TensorType>();
        _slots[name] = [];
        while (_at < _lines.Length && Line.StartsWith("%", StringComparison.Ordinal))
        {
            var (value, rest) = Pair(Line, ": ");
            var parts = Split(rest, " in slot ");
            types[Value(value)] = Type(parts[0]);
            _slots[name][Value(value)] = (Type(parts[0]), parts.Count > 1 ? Integer(parts[1]) : -1);
            _at++;
        }

        return new KernelFunction(name, Values(Inside(header.Substring(open))), kernels, returns, types);
    }

    private KernelModule WithSlots(KernelModule kernels)
    {
        foreach (var entry in kernels.Entries)
        {
            var reached = kernels.Reached(entry).Select(static function => function.Name).ToList();
            var places = reached.SelectMany(name => _slots[name].Select(pair => (Function: name, Value: pair.Key, pair.Value.Type, pair.Value.Slot)))
                .Where(static place => place.Slot >= 0).ToList();
            foreach (var group in places.GroupBy(static place => place.Slot).OrderBy(static group => group.Key))
            {
                var slot = _arena.Add(entry.Name, group.First().Type.Shape[0]);
                slot.RowBytes.AddRange(group.Select(static place => place.Type.RowBytes()).Distinct());
                foreach (var place in group)
                    _arena.Place(place.Function, place.Value, slot);
            }
        }

        return kernels with { Arena = _arena, HasReturnsInPlace = true };
    }

    private Kernel Kernel()
    {
        if (IsAt("gather"))
            return Gather();
        if (IsAt("rowwise"))
        {
            var rows = SizeOf(Inside(After("rowwise")));
            _at++;
            return new RowwiseKernel(rows, Program("row"));
        }

        if (IsAt("matmul"))
            return Matmul();
        if (IsAt("attend"))
            return Attend();
        if (IsAt("loop"))
        {
            var (call, results) = Pair(After("loop"), " -> ");
            var (body, rest) = Pair(call, " x ");
            var open = rest.LastIndexOf(" (", StringComparison.Ordinal);
            _at++;
            return new LoopKernel(body, SizeOf(rest.Substring(0, open)), Values(Inside(rest.Substring(open + 1))), Values(Inside(results)));
        }

        if (IsAt("branch"))
        {
            var (head, condition) = Pair(After("branch"), " if ");
            var (call, results) = Pair(head, " -> ");
            var (then, rest) = Pair(call, " else ");
            var (other, operands) = Pair(rest, " ");
            _at++;
            return new BranchKernel(Expression(condition), then, other, Values(Inside(operands)), Values(Inside(results)));
        }

        throw Error("a kernel");
    }

    private GatherKernel Gather()
    {
        var (head, result) = Pair(After("gather"), " -> ");
        var (table, ids) = Pair(head, " by ");
        _at++;
        return new GatherKernel(Name(table), RowIdsOf(ids), Value(result), IsAt("after") ? Program("after") : null);
    }

    private MatmulKernel Matmul()
    {
        var (shape, input) = Pair(After("matmul"), "] ");
        var sizes = Sizes(shape.Substring(1));
        _at++;
        var prologue = IsAt("prologue") ? Program("prologue") : null;
        var segments = new List<Segment>();
        while (IsAt("segment"))
        {
            var (parts, outputs) = Pair(After("segment"), " [");
            _at++;
            segments.Add(
                new Segment(Split(parts, " | ").Select(Name).ToEquatableArray(), SizeOf(outputs.TrimEnd(']')), Program("epilogue")));
        }

        return new MatmulKernel(sizes[0], Value(input), sizes[1], prologue, segments.ToEquatableArray());
    }

    private AttendKernel Attend()
    {
        var parts = Split(After("attend"), ", ");
        var (query, result) = Pair(parts[0], " -> ");
        string? Find(string word) =>
            parts.Skip(1).Where(part => part.StartsWith(word + " ", StringComparison.Ordinal))
                .Select(part => part.Substring(word.Length + 1)).FirstOrDefault();
        string Required(string word) => Find(word) ?? throw Error($"'{word}'");
        var (heads, sizes) = (Sizes(Inside(Required("heads"))), Sizes(Inside(Required("sizes"))));
        var tables = parts.Where(static part => part.StartsWith("table #", StringComparison.Ordinal))
            .Select(part => Pair(part.Substring("table #".Length), " = "))
            .ToDictionary(pair => Integer(pair.Left), pair => Name(pair.Right));
        _at++;
        return new AttendKernel(
            Value(query), Value(result), Site(parts[1]), heads[0], heads[1], sizes[0], sizes[1],
            Expression(Required("scale")),
            Find("window") is { } window ? Expression(window) : null,
            !parts.Contains("bidirectional"),
            Find("score") is { } score ? Expression(score) : null,
            Find("sinks") is { } sinks ? Name(sinks) : null,
            tables);
    }

    private RowProgram Program(string slot)
    {
        var (groups, width) = Pair(After(slot), " x ");
        _at++;
        var inputs = new List<RowInput>();
        while (_at < _lines.Length && Line.StartsWith("$", StringComparison.Ordinal))
        {
            var text = Pair(Line, " = ").Right;
            var by = text.LastIndexOf(" by ", StringComparison.Ordinal);
            var access = text.Substring(by + 4).Split(' ');
            inputs.Add(new RowInput(PlaceOf(text.Substring(0, by)),
                (Access)Enum.Parse(typeof(Access), access[0], ignoreCase: true), access.Length > 1));
            _at++;
        }

        var stages = new List<RowStage>();
        while (Stage() is { } stage)
            stages.Add(stage);
        return new RowProgram(SizeOf(groups), width == "any" ? null : SizeOf(width), inputs.ToEquatableArray(),
            stages.ToEquatableArray());
    }

    private RowStage? Stage()
    {
        if (IsAt("once") || IsAt("each"))
        {
            var isOnce = IsAt("once");
            _at++;
            var (lets, accumulates, writes) = Values();
            return isOnce
                ? new RowStage.Scalars(lets.ToEquatableArray(), writes.ToEquatableArray())
                : new RowStage.Elements(lets.ToEquatableArray(), accumulates.ToEquatableArray(), writes.ToEquatableArray());
        }

        if (IsAt("rotate"))
        {
            var text = After("rotate");
            var by = text.LastIndexOf(" by ", StringComparison.Ordinal);
            var rotary = text.Substring(by + 4).Split(' ');
            _at++;
            return new RowStage.Rotate(PlaceOf(text.Substring(0, by)), rotary[0], rotary.Length > 1);
        }

        if (IsAt("move"))
        {
            var (extents, rest) = Pair(After("move"), "] ");
            var sides = Split(rest, " to ").Select(static side => Pair(side, " by ")).ToList();
            _at++;
            return new RowStage.Move(
                PlaceOf(sides[0].Left), PlaceOf(sides[1].Left), Sizes(extents.Substring(1)).ToEquatableArray(),
                Sizes(Inside(sides[0].Right)).ToEquatableArray(), Sizes(Inside(sides[1].Right)).ToEquatableArray());
        }

        if (IsAt("multiply"))
        {
            var (shape, rest) = Pair(After("multiply"), "] ");
            var sizes = Sizes(shape.Substring(1));
            var (operands, target) = Pair(rest, " to ");
            var sides = Split(operands, " and ").Select(static side => Pair(side, " by ")).ToList();
            _at++;
            return new RowStage.Multiply(
                PlaceOf(sides[0].Left), PlaceOf(sides[1].Left), PlaceOf(target), sizes[0], sizes[1], sizes[2], sizes[3],
                SizeOf(Inside(sides[0].Right)), SizeOf(Inside(sides[1].Right)));
        }

        if (IsAt("append"))
        {
            var (what, site) = Pair(After("append"), " to ");
            var (kind, place) = Pair(what, " ");
            _at++;
            return new RowStage.Append(PlaceOf(place), Site(site), kind == "key");
        }

        return null;
    }

    /// <summary>Lets, accumulations and writes of a stage: the lines that are indented more than it.</summary>
    private (List<Let> Lets, List<Accumulate> Accumulates, List<Write> Writes) Values()
    {
        var (lets, accumulates, writes) = (new List<Let>(), new List<Accumulate>(), new List<Write>());
        for (; _at < _lines.Length && _lines[_at].StartsWith("        ", StringComparison.Ordinal); _at++)
        {
            if (Split(Line, " <- ") is [var place, var stored])
            {
                writes.Add(new Write(PlaceOf(place), Expression(stored)));
                continue;
            }

            var (local, value) = Pair(Line, " = ");
            var op = new[] { "sum", "reduce_max" }.FirstOrDefault(op => value.StartsWith(op + " ", StringComparison.Ordinal));
            if (op is null)
                lets.Add(new Let(Value(local), Expression(value)));
            else
                accumulates.Add(new Accumulate(Value(local), op, Expression(value.Substring(op.Length + 1))));
        }

        return (lets, accumulates, writes);
    }

    private Place PlaceOf(string text)
    {
        if (text.StartsWith("product", StringComparison.Ordinal))
            return new Place.Product(Integer(text.Substring("product".Length)));
        if (text[0] == '@')
            return new Place.Parameter(Name(text));
        var strided = Split(text, " each ");
        var stride = strided.Count > 1 ? SizeOf(strided[1]) : null;
        var isSelected = strided[0].StartsWith("selected(", StringComparison.Ordinal);
        var end = isSelected
            ? strided[0].IndexOf(')')
            : strided[0].IndexOf(' ') is var space && strided[0][0] == '%' && space >= 0 ? space - 1 : strided[0].Length - 1;
        var inner = isSelected ? strided[0].Substring("selected(".Length, end - "selected(".Length) : strided[0].Substring(0, end + 1);
        if (inner[0] != '%')
            return new Place.Ids(RowIdsOf(inner), isSelected);
        var rest = strided[0].Substring(end + 1);
        return new Place.Buffer(Value(inner), isSelected, rest.Length > 0 ? SizeOf(rest.Substring(" + ".Length)) : null, stride);
    }

    private RowIds RowIdsOf(string text)
    {
        var plus = text.IndexOf(" + ", StringComparison.Ordinal);
        var (source, shift) = plus < 0 ? (text, null) : (text.Substring(0, plus), SizeOf(text.Substring(plus + 3)));
        return new RowIds(
            source switch
            {
                "position" => null,
                "token" => 0,
                _ when source.StartsWith("input ", StringComparison.Ordinal) => Integer(source.Substring("input ".Length)),
                _ => throw Error("ids of rows"),
            },
            shift);
    }

    private SiteReference Site(string text)
    {
        if (!text.StartsWith("site ", StringComparison.Ordinal))
            throw Error("a site");
        var words = text.Split(' ');
        return new SiteReference(Integer(words[1]), words.Length > 2);
    }

    private TensorType Type(string text) => text.Substring(0, 3) switch
    {
        "f32" => new TensorType(DType.F32, Sizes(Inside(text.Substring(3))).ToEquatableArray()),
        "i32" => new TensorType(DType.I32, Sizes(Inside(text.Substring(3))).ToEquatableArray()),
        _ => throw Error("a type"),
    };

    // The text of a size does not say which of its divisions are exact; the module does.
    private Size SizeOf(string text) => SizeParser.Parse(text).WithExact(_module.ExactDivisions.Contains);

    private ScalarExpression Expression(string text) => ScalarParser.Parse(text, SizeOf) ?? throw Error($"an expression instead of '{text}'");

    private string Name(string text) => text.Length > 1 && text[0] == '@' ? text.Substring(1) : throw Error("a weight");

    private int Value(string text) => text.Length > 1 && text[0] == '%' ? Integer(text.Substring(1)) : throw Error("a value");

    private List<int> Values(string text) => text.Length == 0 ? [] : [.. Split(text, ", ").Select(Value)];

    private int Integer(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw Error("a number");

    private List<Size> Sizes(string text) => [.. Split(text, ", ").Select(SizeOf)];

    /// <summary>Without the parentheses or brackets around it.</summary>
    private static string Inside(string text) => text.Trim().Substring(1, text.Trim().Length - 2);

    private static (string Left, string Right) Pair(string text, string separator)
    {
        var at = IndexOf(text, separator, 0);
        return at < 0
            ? throw new FormatException($"'{separator.Trim()}' is missing in '{text}'")
            : (text.Substring(0, at), text.Substring(at + separator.Length));
    }

    private static List<string> Split(string text, string separator)
    {
        var parts = new List<string>();
        var start = 0;
        for (var at = IndexOf(text, separator, 0); at >= 0; at = IndexOf(text, separator, start))
        {
            parts.Add(text.Substring(start, at - start));
            start = at + separator.Length;
        }

        parts.Add(text.Substring(start));
        return parts;
    }

    /// <summary>
    /// A separator outside of parentheses, brackets and quotes. A separator that is a closing bracket is found at the end of its own brackets.
    /// </summary>
    private static int IndexOf(string text, string separator, int start)
    {
        var (depth, isQuoted) = (separator[0] == ']' ? -1 : 0, false);
        for (var i = start; i <= text.Length - separator.Length; i++)
        {
            if (text[i] == '"' && (i == 0 || text[i - 1] != '\\'))
                isQuoted = !isQuoted;
            if (isQuoted)
                continue;
            if (depth == 0 && string.CompareOrdinal(text, i, separator, 0, separator.Length) == 0)
                return i;
            depth += text[i] switch { '(' or '[' => 1, ')' or ']' => -1, _ => 0 };
        }

        return -1;
    }
}
