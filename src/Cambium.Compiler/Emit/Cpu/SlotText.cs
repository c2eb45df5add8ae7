using System.Globalization;
using Cambium.Compiler.Emit.Host;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints what the body of a slot's struct reads: its fields, and the addresses and numbers made from them.</summary>
internal sealed class SlotText(ProgramPlan plan, FunctionPlan function, SlotPlan slot)
{
    public string Name => slot.Name;

    public string Field(FieldSource source) => slot[source];

    public string Size(Size size) =>
        size.Value is { } constant ? constant.ToString(CultureInfo.InvariantCulture) : Field(new FieldSource.SizeOf(size));

    public string Weight(string weight) => Field(new FieldSource.Weight(weight));

    /// <summary>An axis of a weight.</summary>
    public string Axis(string weight, int axis) => Size(plan.Module.Weight(weight).Shape[axis]);

    public string Positions => Field(new FieldSource.Ids(null));

    /// <summary>The id of this row as a float.</summary>
    public string Id(Place.Ids place) =>
        $"(float)({Field(new FieldSource.Ids(place.Source.Input))}[{RowIndex(place.Selected)}]"
            + (place.Source.Shift is null ? ")" : $" + {Size(place.Source.Shift)})");

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
                var (pointer, stride) = plan.ResultOf(function.Function, buffer.Value) is { } result
                    ? (Field(new FieldSource.Result(result)), Field(new FieldSource.ResultStride(result)))
                    : (Field(new FieldSource.Buffer(buffer.Value)), Size(function.Function.Types[buffer.Value].Width));
                return $"{pointer} + ((nint){RowIndex(buffer.Selected)} * {stride}){(buffer.Offset is null ? "" : " + " + Size(buffer.Offset))}";
            default:
                throw new InvalidOperationException(place.ToString());
        }
    }

    /// <summary>The name of a place for local variables.</summary>
    public string WordOf(Place place) => place switch
    {
        Place.Product product => product.Part == 0 ? "product" : "product" + (product.Part + 1).ToString(CultureInfo.InvariantCulture),
        Place.Parameter parameter => Identifiers.Camel(parameter.Weight),
        Place.Buffer buffer => plan.ResultOf(function.Function, buffer.Value) is { } result
            ? Identifiers.Camel(function.Entry!.Results[result].Name)
            : plan.BufferName(function.Function, buffer.Value),
        _ => throw new InvalidOperationException(place.ToString()),
    };

    /// <summary>A float that does not depend on the row: a literal, or a field that is computed once for each launch.</summary>
    public string Constant(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Constant constant => CSharp.Float(constant.Value),
        ScalarExpression.Extent extent => Size(extent.Value),
        _ => Field(new FieldSource.Number(expression)),
    };

    /// <summary>A condition that does not depend on the row: a field that is decided once for each launch.</summary>
    public string Condition(ScalarExpression expression) => Field(new FieldSource.Condition(expression));

    private string RowIndex(bool selected) => selected ? Field(new FieldSource.OutputRows()) + "[row]" : "row";
}

/// <summary>Prints the values that the host passes to kernels: C# in a method that has <c>step</c>, <c>s</c> and <c>w</c>.</summary>
internal sealed class LaunchText(ProgramPlan plan, FunctionPlan function)
{
    /// <param name="packed">The packed weights of the kernel, which know how many columns an epilogue
    /// gets at once; null where there are none.</param>
    public string Value(FieldSource source, string? packed = null) => source switch
    {
        FieldSource.SizeOf size => CSharp.Size(size.Value),
        FieldSource.Weight weight => Weight(plan.Module, weight.Name),
        FieldSource.Buffer buffer => plan.BufferName(function.Function, buffer.Value),
        FieldSource.Result result => Result(result.Index),
        FieldSource.ResultStride stride => ResultStride(stride.Index),
        FieldSource.Ids ids => Ids(ids.Input),
        FieldSource.OutputRows => "step.OutputRows",
        FieldSource.Rotary rotary => "w." + rotary.Option,
        FieldSource.Step => "step",
        FieldSource.Layer => "layer",
        FieldSource.Columns columns => $"{packed}.GroupWidth({columns.Segment.ToString(CultureInfo.InvariantCulture)})",
        FieldSource.Number number => HostText.Number(number.Value),
        FieldSource.Condition condition => HostText.Condition(condition.Value),
        _ => throw new InvalidOperationException(source.ToString()),
    };

    public static string TypeOf(FieldType type) => type switch
    {
        FieldType.Floats => "float*",
        FieldType.Ints => "int*",
        FieldType.Int => "int",
        FieldType.Float => "float",
        FieldType.Bool => "bool",
        FieldType.Rotary => RuntimeNames.RotaryTable,
        FieldType.Step => RuntimeNames.Step,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such type"),
    };

    /// <summary>Address of a weight that kernels read as floats.</summary>
    public static string Weight(Module module, string weight) => $"w.{weight}{(module.Weight(weight).InStack ? "(layer)" : "")}";

    /// <summary>The caller's memory for a result of the entry point.</summary>
    public static string Result(int index) => index == 0 ? "step.Logits" : $"(float*)step.Results[{index.ToString(CultureInfo.InvariantCulture)}]";

    /// <summary>Floats from one row of a result to the next.</summary>
    public static string ResultStride(int index) =>
        index == 0 ? "step.LogitsStride" : $"step.ResultStrides[{index.ToString(CultureInfo.InvariantCulture)}]";

    /// <summary>Ids of the step's rows.</summary>
    public static string Ids(int? input) => input switch
    {
        null => "step.Positions",
        0 => "step.Tokens",
        { } index => $"(int*)step.Inputs[{index.ToString(CultureInfo.InvariantCulture)}]",
    };
}
