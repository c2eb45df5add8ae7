using System.Globalization;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints the stages of a row program as the body of a method.</summary>
internal sealed class RowProgramPrinter
{
    private readonly CodeWriter _writer;
    private readonly SlotText _text;
    private readonly RowProgram _program;
    private readonly string _width;
    private readonly string? _offset;
    private readonly NameTable _names = new();
    private readonly Dictionary<int, string> _locals = [];
    private readonly Dictionary<(Place, Access), string> _pointers = [];
    private readonly string? _prepared;
    private readonly int _preparedValue;

    /// <param name="width">Elements of a group.</param>
    /// <param name="offset">Elements before this group, or null where there is one.</param>
    /// <param name="prepared">A pointer that stands for the row of the buffer <paramref name="preparedValue"/>.</param>
    public RowProgramPrinter(CodeWriter writer, SlotText text, RowProgram program, string width, string? offset,
        string? prepared = null, int preparedValue = -1)
    {
        (_writer, _text, _program, _width, _offset, _prepared, _preparedValue) = (writer, text, program, width, offset, prepared, preparedValue);
        foreach (var reserved in new[] { "i", "row", "group", "product", "partStride", "segment", "x", "width", "offset", "remaining" })
            _names.Take(reserved);
    }

    /// <summary>Whether the pointers of a program begin at the group's first column.</summary>
    public static bool NeedsOffset(RowProgram program) => program.Inputs
        .Where(static input => input.Access == Access.Full)
        .Select(static input => input.Place)
        .Concat(program.Stages.SelectMany(static stage => stage.Addressed))
        .Any(static place => place is not (Place.Product or Place.Buffer { Stride: not null }));

    public void Print()
    {
        // Every place's pointer first, so that the loops below show arithmetic only.
        foreach (var input in _program.Inputs.Where(input => IsElement(input.Access)))
            Pointer(input.Place, input.Access);
        foreach (var place in _program.Stages.SelectMany(static stage => stage.Addressed))
            Pointer(place, Access.Full);

        foreach (var stage in _program.Stages)
        {
            switch (stage)
            {
                case RowStage.Scalars scalars:
                    foreach (var let in scalars.Lets)
                    {
                        var value = CSharp.Trim(Scalar(let.Value));
                        _writer.Line($"var {Local(let.Local, let.Value, _names)} = {value};");
                    }

                    foreach (var write in scalars.Writes)
                        _writer.Line($"{ElementOf(write.Place, Group)} = {CSharp.Trim(Scalar(write.Value))};");
                    break;
                case RowStage.Elements elements:
                    Elements(elements);
                    break;
                case RowStage.Rotate rotate:
                    var table = _text.Field(new FieldSource.Rotary(rotate.Rotary));
                    var positions = _text.Positions;
                    _writer.Line(
                        $"{RuntimeNames.Cpu}Rotary.{(rotate.Interleaved ? "RotateInterleaved" : "Rotate")}<V>({Pointer(rotate.Place, Access.Full)}, "
                            + $"{table}.Size, {table}.Cos({positions}[row]), {table}.Sin({positions}[row]));");
                    break;
                case RowStage.Multiply multiply:
                    Multiply(multiply);
                    break;
                case RowStage.Move move:
                    Move(move, 0, Pointer(move.From, Access.Full), Pointer(move.To, Access.Full), _names);
                    break;
                case RowStage.Append append:
                    _writer.Line(
                        $"{RuntimeNames.Cpu}Attend.{(append.IsKey ? "StoreKey" : "StoreValue")}<V>({Site(append.Site)}, {Group}, row, "
                            + $"{Pointer(append.Place, Access.Full)});");
                    break;
            }
        }
    }

    /// <summary>The arguments for a place in the KV cache.</summary>
    private string Site(SiteReference site) =>
        $"{_text.Field(new FieldSource.Step())}, {site.Index.ToString(CultureInfo.InvariantCulture)}, "
            + $"{(site.IsPerLayer ? _text.Field(new FieldSource.Layer()) : "0")}";

    private string Group => _offset is null ? "0" : "group";

    private static bool IsElement(Access access) => access is Access.Full or Access.Lane;

    private void Multiply(RowStage.Multiply product)
    {
        var (left, right, to) = (Pointer(product.Left, Access.Full), Pointer(product.Right, Access.Full), Pointer(product.To, Access.Full));
        var shape = $"{_text.Size(product.N)}, {_text.Size(product.K)}, {_text.Size(product.M)}";
        if (product.Batch == Size.One)
        {
            _writer.Line($"{RuntimeNames.Cpu}Arrange.Multiply<V>({left}, {right}, {to}, {shape});");
            return;
        }

        var index = _names.Inner().Take("outer");
        using (_writer.Block($"for (var {index} = 0; {index} < {_text.Size(product.Batch)}; {index}++)"))
            _writer.Line(
                $"{RuntimeNames.Cpu}Arrange.Multiply<V>({Along(left, product.LeftStride)}, {Along(right, product.RightStride)}, "
                    + $"{Along(to, product.N * product.M)}, {shape});");

        string Along(string pointer, Size stride) => stride.Value == 0 ? pointer : $"{pointer} + ((nint){index} * {_text.Size(stride)})";
    }

    private void Move(RowStage.Move move, int axis, string from, string to, NameTable names)
    {
        var (extent, fromStride, toStride) = (_text.Size(move.Extents[axis]), _text.Size(move.FromStrides[axis]), _text.Size(move.ToStrides[axis]));
        if (axis == move.Extents.Count - 1)
        {
            _writer.Line($"{RuntimeNames.Cpu}Arrange.Move<V>({from}, {fromStride}, {to}, {toStride}, {extent});");
            return;
        }

        var inner = names.Inner();
        var index = inner.Take(axis == 0 ? "outer" : axis == 1 ? "middle" : "inner");
        using (_writer.Block($"for (var {index} = 0; {index} < {extent}; {index}++)"))
            Move(move, axis + 1, Along(from, fromStride), Along(to, toStride), inner);

        string Along(string pointer, string stride) => stride == "0" ? pointer : $"{pointer} + ((nint){index} * {stride})";
    }

    private void Elements(RowStage.Elements stage)
    {
        var lanes = new Dictionary<int, string>();
        foreach (var accumulate in stage.Accumulates)
        {
            var name = _locals[accumulate.Local] = _names.Take(accumulate.Op == "sum" ? "sum" : "largest");
            lanes[accumulate.Local] = _names.Take(name + "Lanes");
            _writer.Line($"var {lanes[accumulate.Local]} = {(accumulate.Op == "sum" ? "V.Zero" : "V.Broadcast(float.NegativeInfinity)")};");
        }

        using (_writer.Block($"for (var i = 0; i < {_width}; i += V.Count)"))
        {
            _writer.Line($"var remaining = {_width} - i;");
            var names = _names.Inner();
            var loaded = new Dictionary<int, string>();
            foreach (var expression in stage.Values)
            {
                foreach (var element in expression.Walk().OfType<ScalarExpression.Element>()
                    .Where(element => IsElement(_program.Inputs[element.Index].Access) && !loaded.ContainsKey(element.Index)))
                {
                    var input = _program.Inputs[element.Index];
                    var name = names.Take(_text.WordOf(input.Place).TrimStart('@') + "Lanes");
                    loaded.Add(element.Index, name);
                    _writer.Line($"var {name} = V.LoadFirst({Pointer(input.Place, input.Access)} + i, remaining);");
                }
            }

            foreach (var let in stage.Lets)
            {
                var value = CSharp.Trim(Vector(let.Value, loaded));
                _writer.Line($"var {Local(let.Local, let.Value, names)} = {value};");
            }

            foreach (var accumulate in stage.Accumulates)
            {
                var name = lanes[accumulate.Local];
                var value = CSharp.Trim(Vector(accumulate.Value, loaded));
                _writer.Line(accumulate.Op == "sum"
                    ? $"{name} += V.KeepFirst({value}, remaining, V.Zero);"
                    : $"{name} = V.Max({name}, V.KeepFirst({value}, remaining, V.Broadcast(float.NegativeInfinity)));");
            }

            foreach (var write in stage.Writes)
                _writer.Line($"V.StoreFirst({CSharp.Trim(Vector(write.Value, loaded))}, {Pointer(write.Place, Access.Full)} + i, remaining);");
        }

        foreach (var accumulate in stage.Accumulates)
        {
            var name = _locals[accumulate.Local];
            _writer.Line($"var {name} = {(accumulate.Op == "sum" ? "V.Sum" : "V.MaxOf")}({lanes[accumulate.Local]});");
        }
    }

    private string ElementOf(Place place, string index)
    {
        var row = _text.RowOf(place);
        return row.Contains(' ') ? $"({row})[{index}]" : $"{row}[{index}]";
    }

    private string Local(int local, ScalarExpression value, NameTable names) =>
        _locals[local] = names.Take(value is ScalarExpression.Apply { Op: var op } ? WordOf(op) : "value");

    private static string WordOf(string op) => op switch
    {
        "rsqrt" => "scale",
        "div" => "quotient",
        "choose" => "chosen",
        _ => Identifiers.Camel(OpCatalog.Get(op).Method!),
    };

    private string Pointer(Place place, Access access)
    {
        var key = (place, access);
        if (_pointers.TryGetValue(key, out var known))
            return known;
        if (_prepared is not null && place is Place.Buffer { Selected: false } prepared && prepared.Value == _preparedValue)
            return _pointers[key] = _prepared;

        var text = _text.RowOf(place);
        var needsOffset = _offset is not null && access == Access.Full && place is not Place.Product;
        if (text.IndexOf(' ') < 0 && !needsOffset)
            return _pointers[key] = text;
        var name = _names.Take(_text.WordOf(place));
        var offset = place is Place.Buffer { Stride: { } stride } ? $"((nint)group * {_text.Size(stride)})" : _offset;
        _writer.Line($"var {name} = {text}{(needsOffset ? " + " + offset : "")};");
        return _pointers[key] = name;
    }

    private string Vector(ScalarExpression expression, Dictionary<int, string> loaded)
    {
        if (RowProgram.IsUniform(expression))
            return $"V.Broadcast({_text.Constant(expression)})";
        switch (expression)
        {
            case ScalarExpression.Element element when loaded.TryGetValue(element.Index, out var name):
                return name;
            case ScalarExpression.Element:
                return $"V.Broadcast({Scalar(expression)})";
            case ScalarExpression.Local local:
                return IsScalarLocal(local.Index) ? $"V.Broadcast({_locals[local.Index]})" : _locals[local.Index];
            case ScalarExpression.Apply apply:
                return OpText.Print(apply, Dialect.Lanes, argument => Vector(argument, loaded), _text.Condition);
            default:
                throw new InvalidOperationException(expression.ToString());
        }
    }

    private string Scalar(ScalarExpression expression)
    {
        if (RowProgram.IsUniform(expression))
            return _text.Constant(expression);
        switch (expression)
        {
            case ScalarExpression.Element element:
                var input = _program.Inputs[element.Index];
                if (input.Place is Place.Ids ids)
                    return _text.Id(ids);
                var index = input.Access != Access.Group
                    ? "0"
                    : input.Place is Place.Buffer { Stride: { } stride } && _offset is not null ? $"{Group} * {_text.Size(stride)}" : Group;
                return ElementOf(input.Place, index);
            case ScalarExpression.Local local:
                return _locals[local.Index];
            case ScalarExpression.Apply apply:
                return OpText.Print(apply, Dialect.Float, Scalar, _text.Condition);
            default:
                throw new InvalidOperationException(expression.ToString());
        }
    }

    private bool IsScalarLocal(int local) => _program.Stages.Any(stage => stage switch
    {
        RowStage.Scalars scalars => scalars.Lets.Any(let => let.Local == local),
        RowStage.Elements elements => elements.Accumulates.Any(accumulate => accumulate.Local == local),
        _ => false,
    });
}
