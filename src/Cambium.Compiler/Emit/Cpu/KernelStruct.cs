using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>
/// A struct that fills a slot of a skeleton: its fields, what they are filled with at the call, and the lines of its methods.
/// </summary>
internal sealed class KernelStruct(string name, ModelNames names, MemoryPlan plan, KernelFunction function)
{
    private readonly NameTable _names = new();
    private readonly Dictionary<string, string> _fieldOf = new(StringComparer.Ordinal);
    private readonly List<(string Type, string Name, string Value)> _fields = [];

    public string Name { get; } = name;

    /// <summary>The function that calls the skeleton.</summary>
    public KernelFunction Function => function;

    public IReadOnlyList<(string Type, string Name, string Value)> Fields => _fields;

    /// <summary>A field, added at its first use.</summary>
    public string Field(string key, string type, string wanted, string value)
    {
        if (!_fieldOf.TryGetValue(key, out var field))
        {
            if (_fields.Count == 0)
            {
                foreach (var reserved in new[] { "Row", "Prepare", "Finish", "Apply", "V", Name })
                    _names.Take(reserved);
            }

            field = _names.Take(wanted);
            _fieldOf.Add(key, field);
            _fields.Add((type, field, value));
        }

        return field;
    }

    public string Size(Size size) =>
        size.Value is { } constant ? constant.ToString(CultureInfo.InvariantCulture) : Field("size:" + size, "int", CSharp.Word(size), CSharp.Size(size));

    public string Weight(string weight) => Field("weight:" + weight, "float*", weight, ValueOf(plan.Module.Module, weight));

    /// <summary>Pointer to a weight that kernels read as it is, outside of the struct.</summary>
    public static string ValueOf(Module module, string weight) => $"w.{weight}{(module.Weight(weight).InStack ? "(layer)" : "")}";

    /// <summary>An axis of a weight.</summary>
    public string Axis(string weight, int axis) => Size(plan.Module.Module.Weight(weight).Shape[axis]);

    /// <summary>Integers of the step's rows.</summary>
    public static string Ids(RowIds ids) => ids.Input switch
    {
        null => "step.Positions",
        0 => "step.Tokens",
        { } input => $"(int*)step.Inputs[{input.ToString(CultureInfo.InvariantCulture)}]",
    };

    /// <summary>This row's one as a float.</summary>
    public string Id(Place.Ids place)
    {
        var ids = Ids(place.Source);
        var pointer = place.Source.Input is null ? Field("positions", "int*", "Positions", ids) : Field("ids:" + ids, "int*", "Ids", ids);
        return $"(float)({pointer}[{RowIndex(place.Selected)}]{(place.Source.Shift is null ? "" : " + " + Size(place.Source.Shift))})";
    }

    private string RowIndex(bool selected) => selected ? Field("selected", "int*", "OutputRows", "step.OutputRows") + "[row]" : "row";

    /// <summary>Pointer to the first element of this row of a place.</summary>
    public string RowOf(Place place)
    {
        switch (place)
        {
            case Place.Product product:
                return product.Part switch { 0 => "product", 1 => "product + partStride", _ => $"product + ({product.Part} * partStride)" };
            case Place.Parameter parameter:
                return Weight(parameter.Weight);
            case Place.Buffer buffer:
                var (pointer, stride) = BufferOf(buffer.Value);
                return $"{pointer} + ((nint){RowIndex(buffer.Selected)} * {stride}){(buffer.Offset is null ? "" : " + " + Size(buffer.Offset))}";
            default:
                throw new InvalidOperationException(place.ToString());
        }
    }

    /// <summary>The name of a place for locals.</summary>
    public string WordOf(Place place) => place switch
    {
        Place.Product product => product.Part == 0 ? "product" : "product" + (product.Part + 1).ToString(CultureInfo.InvariantCulture),
        Place.Parameter parameter => CSharp.Camel(parameter.Weight),
        Place.Buffer buffer => plan.SlotOf(function.Name, buffer.Value) is null ? "logits" : names.Buffer(function.Name, buffer.Value),
        _ => throw new InvalidOperationException(place.ToString()),
    };

    private (string Pointer, string Stride) BufferOf(int value)
    {
        if (plan.SlotOf(function.Name, value) is null)
            return (Field("logits", "float*", "Logits", "step.Logits"), Field("logits stride", "int", "LogitsStride", "step.LogitsStride"));
        var buffer = names.Buffer(function.Name, value);
        return (Field("buffer:" + value, "float*", CSharp.Pascal(buffer), buffer), Size(function.Types[value].Width));
    }

    /// <summary>A float that does not depend on the row: a literal, or a field that is computed once per call.</summary>
    public string Constant(ScalarExpression expression)
    {
        switch (expression)
        {
            case ScalarExpression.Constant constant:
                return CSharp.Float(constant.Value);
            case ScalarExpression.Symbol symbol:
                return Field("option:" + symbol.Name, "float", symbol.Name, "s." + symbol.Name);
            case ScalarExpression.Extent extent:
                return Size(extent.Value);
            default:
                return Field("constant:" + expression, "float", "Factor", HostText.Number(expression));
        }
    }

    /// <summary>A condition that does not depend on the row: a field that is decided once per call.</summary>
    public string Condition(ScalarExpression expression) => Field("condition:" + expression, "bool", "Condition", HostText.Condition(expression));
}

/// <summary>Prints ops of scalar expressions as the catalog spells them.</summary>
internal static class OpText
{
    /// <param name="number">Prints an argument that is a number.</param>
    /// <param name="condition">Prints an argument that is a condition.</param>
    public static string Print(ScalarExpression.Apply apply, Dialect dialect, Func<ScalarExpression, string> number, Func<ScalarExpression, string> condition)
    {
        var parameters = OpCatalog.Get(apply.Op).Parameters;
        return Print(apply.Op, dialect, [.. apply.Arguments.Select((argument, i) => parameters[i].Scalar == ScalarType.Condition ? condition(argument) : number(argument))]);
    }

    public static string Print(string op, Dialect dialect, IReadOnlyList<string> arguments) =>
        Fill(OpCatalog.Get(op).Scalar?[dialect] ?? throw new InvalidOperationException($"'{op}' has no spelling for {dialect}"), arguments);

    /// <summary>Puts arguments in the places of a template. An argument that fills a place between parentheses or commas loses its own parentheses.</summary>
    public static string Fill(string template, IReadOnlyList<string> arguments)
    {
        var text = template;
        for (var i = 0; i < arguments.Count; i++)
        {
            var place = $"{{{i.ToString(CultureInfo.InvariantCulture)}}}";
            var isAlone = template.Contains($"({place},") || template.Contains($"({place})") || template.Contains($", {place},") || template.Contains($", {place})");
            text = text.Replace(place, isAlone ? CSharp.Trim(arguments[i]) : arguments[i]);
        }

        return text;
    }
}
