using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Ops;

/// <summary>
/// Every op, one record each. An elementwise op is one line here, its function in the runtime's <c>Functions</c>, its method in the authoring
/// API and its definition in the tests' interpreter. The passes, the verifier, constant folding and the emitters read the record.
/// </summary>
public static class OpCatalog
{
    private const string IsConstant = "the result is a constant";
    private const string IsStep = "piecewise constant: the derivative is 0 or undefined";
    private const string IsInteger = "the operands are integers";
    private const string IsHost = "evaluated when a checkpoint is loaded, from values that are not trained";

    private static readonly OpDefinition[] Table =
    [
        // Sources.
        new("weight", OpKind.Source, "A tensor of the checkpoint.", Parameters(Attribute("name", AttributeType.Weight))),
        new("range", OpKind.Source, "0, 1, .. count - 1.", Parameters(Attribute("count", AttributeType.Size)))
        {
            Method = "Range",
            Shape = One(static use => TensorType.F32(use.SizeOf("count"))),
            AtLoad = "Parameter.Range({count})",
            Gradient = OpGradient.None(IsConstant),
        },
        new("scalar", OpKind.Source, "A constant, a dim, an option or a number computed from them.",
            Parameters(Attribute("value", AttributeType.Scalar)))
        {
            Shape = One(static _ => TensorType.F32()),
            Gradient = OpGradient.None(IsConstant),
        },

        // Ids and positions.
        new("positions", OpKind.RowIds, "The logical position of each token.", Parameters(Ids("tokens")))
        {
            Method = "Positions", Shape = One(ShapeRules.Ids), Gradient = OpGradient.None(IsInteger),
        },
        new("shift", OpKind.RowIds, "Ids plus a number.", Parameters(Ids("tokens"), Attribute("by", AttributeType.Size)))
        {
            Method = "Shift", Shape = One(ShapeRules.Ids), Gradient = OpGradient.None(IsInteger),
        },
        new("cast", OpKind.RowIds, "Ids or positions as numbers, [T, 1].", Parameters(Ids("tokens")))
        {
            Method = "Cast", Shape = One(static use => TensorType.F32(ShapeRules.Ids(use).Shape[0], Size.One)), Gradient = OpGradient.None(IsInteger),
        },

        // Elementwise, one operand. The last number is FLOPs for one element.
        Unary("negate", "Negate", "-x", 1) with
        {
            Scalar = new()
            {
                Lanes = "(-{0})", Float = "(-{0})", Integer = "(-{0})", Fold = Folded(static x => -x), Sizes = static x => Size.Constant(-1) * x[0],
            },
        },
        Unary("abs", "Abs", "|x|", 1) with { Scalar = Native("V.Abs({0})", "float.Abs({0})") },
        Unary("square", "Square", "x * x", 1) with { Scalar = Native("Cpu::Functions.Square({0})", "({0} * {0})") },
        Unary("sqrt", "Sqrt", "Square root.", 4) with { Scalar = Native("V.Sqrt({0})", "float.Sqrt({0})") with { Fold = Folded(Math.Sqrt) } },
        Unary("rsqrt", "Rsqrt", "1 / sqrt(x), correctly rounded division.", 8, Folded(static x => 1 / Math.Sqrt(x))),
        Unary("reciprocal", "Reciprocal", "1 / x", 4),
        Unary("sign", "Sign", "-1, 0 or 1", 2) with { Gradient = OpGradient.None(IsStep) },
        Unary("floor", "Floor", "The largest whole number that is not above x.", 3, Folded(static x => Math.Floor(x)))
            with { Gradient = OpGradient.None(IsStep) },
        Unary("ceiling", "Ceiling", "The smallest whole number that is not below x.", 3, Folded(static x => Math.Ceiling(x)))
            with { Gradient = OpGradient.None(IsStep) },
        Unary("round", "Round", "The nearest whole number; a tie goes to the even one.", 1, Folded(static x => Math.Round(x)))
            with { Gradient = OpGradient.None(IsStep) },
        Unary("exp", "Exp", "e^x", 12, Folded(Math.Exp)),
        Unary("log", "Log", "Natural logarithm.", 16, Folded(static x => Math.Log(x))),
        Unary("sin", "Sin", "Sine.", 24),
        Unary("cos", "Cos", "Cosine.", 24),
        Unary("sigmoid", "Sigmoid", "1 / (1 + e^-x)", 16),
        Unary("tanh", "Tanh", "Hyperbolic tangent.", 16),
        Unary("relu", "Relu", "max(x, 0)", 1),
        Unary("silu", "Silu", "x * sigmoid(x)", 17),
        Unary("gelu", "Gelu", "x * Phi(x), Phi by erf.", 24),
        Unary("gelu_tanh", "GeluTanh", "GELU by the tanh approximation.", 24),
        Unary("softplus", "Softplus", "log(1 + e^x)", 28),
        Unary("mish", "Mish", "x * tanh(softplus(x)) (Misra 2019).", 20),

        // Elementwise, two operands.
        Arithmetic("add", "Add", "+", static (a, b) => a + b, static (a, b) => a + b),
        Arithmetic("sub", "Subtract", "-", static (a, b) => a - b, static (a, b) => a - b),
        Arithmetic("mul", "Multiply", "*", static (a, b) => a * b, static (a, b) => a * b),

        // C# divides whole numbers towards 0, which is another op.
        Arithmetic("div", "Divide", "/", static (a, b) => a / b, static (a, b) => a / b, onIntegers: "quotient"),
        Binary("min", "Minimum", "The smaller one.") with { Scalar = Native("V.Min({0}, {1})", "float.Min({0}, {1})") },
        Binary("max", "Maximum", "The larger one.") with { Scalar = Native("V.Max({0}, {1})", "float.Max({0}, {1})") },
        Binary("is_less", "Less", "1 where left < right, else 0.") with { Gradient = OpGradient.None(IsStep) },
        Binary("is_less_equal", "LessOrEqual", "1 where left <= right, else 0.") with { Gradient = OpGradient.None(IsStep) },
        Binary("is_greater", "Greater", "1 where left > right, else 0.") with { Gradient = OpGradient.None(IsStep) },
        Binary("is_greater_equal", "GreaterOrEqual", "1 where left >= right, else 0.") with { Gradient = OpGradient.None(IsStep) },
        Binary("is_equal", "EqualTo", "1 where left = right, else 0.") with { Gradient = OpGradient.None(IsStep) },
        Elementwise("pow", "Pow", "x to the power of a number.", 48, new OpParameter("x"), new("exponent")) with { Expand = Expansions.Power },

        // Elementwise, three operands.
        Elementwise("where", "Where", "a where the condition is not 0, else b.", 1, new OpParameter("condition"), new("a"), new("b")),

        // The condition is decided when a checkpoint is loaded, so a kernel picks a side once per call and not per element.
        new("choose", OpKind.Elementwise, "One of two values, by a condition that a checkpoint decides.",
            Parameters(new OpParameter("condition") { Scalar = ScalarType.Condition }, new("x"), new("other")))
        {
            Shape = One(ShapeRules.Choose),
            FlopsPerElement = 1,
            Scalar = new() { Lanes = "({0} ? {1} : {2})", Float = "({0} ? {1} : {2})", Integer = "({0} ? {1} : {2})" },
            AtLoad = "{0} ? {1} : {2}",
        },

        // Reductions over the last axis, or over the one before it. The axis becomes 1.
        Reduction("mean", "Mean", "Mean over an axis.", new("sum", DividesByCount: true)),
        Reduction("sum", "Sum", "Sum over an axis.", new("sum")),
        Reduction("reduce_max", "MaximumOf", "Maximum over an axis.", new("reduce_max")),

        new("rotate", OpKind.Group, "Rotary position embedding over the last axis (Su et al. 2021, eq. 15).",
            Parameters(new OpParameter("x"), Attribute("rotary", AttributeType.Rotary),
                Attribute("interleaved", AttributeType.Flag, new FlagValue(false))))
        {
            Method = "Rotate", Shape = One(ShapeRules.Rotate), FlopsPerElement = 3,
        },

        new("reshape", OpKind.View, "The same elements of each row under another shape.",
            Parameters(new OpParameter("x"), Attribute("trailing", AttributeType.Shape)))
        {
            Method = "Reshape", Shape = One(ShapeRules.Reshape), AtLoad = "{0}.Reshape({shape})",
        },
        new("slice", OpKind.Slice, "Elements begin .. begin + count of the last axis.",
            Parameters(new OpParameter("x"), Attribute("begin", AttributeType.Size), Attribute("count", AttributeType.Size)))
        {
            Method = "Slice", Shape = One(ShapeRules.Slice), AtLoad = "{0}.Slice({begin}, {count})",
        },
        new("split", OpKind.Composite, "Slices of the last axis, which together are all of it: one result for each size.",
            Parameters(new OpParameter("x"), Attribute("first", AttributeType.Size), Attribute("second", AttributeType.Size),
                Optional("third", AttributeType.Size), Optional("fourth", AttributeType.Size)))
        {
            Method = "Split", Shape = ShapeRules.Split, Expand = Expansions.Split,
        },

        new("concat", OpKind.Arrange, "Values joined along the last axis.", Parameters(new OpParameter("parts", ParameterRole.Tensors)))
        {
            Method = "Concat", Shape = One(ShapeRules.Concat), AtLoad = "Parameter.Concat({operands})",
        },
        new("repeat", OpKind.Arrange, "Each head several times in a row.", Parameters(new OpParameter("x"), Attribute("times", AttributeType.Size)))
        {
            Method = "Repeat", Shape = One(ShapeRules.Repeat),
        },
        new("transpose", OpKind.Arrange, "The last two axes exchanged.", Parameters(new OpParameter("x")))
        {
            Method = "Transpose", Shape = One(ShapeRules.Transpose), AtLoad = "{0}.Transpose()",
        },
        new("matmul", OpKind.MatrixProduct, "A matrix times a matrix, row by row: [T, n, k] by [T, k, m].",
            Parameters(new OpParameter("a"), new("b")))
        {
            Method = "MatMul", Shape = One(ShapeRules.MatMul), Expand = Expansions.MatMul, AtLoad = "{0}.MatMul({1})",
        },

        new("gather", OpKind.Gather, "Rows of a table by token id or position.", Parameters(new OpParameter("table"), Ids("tokens")))
        {
            Method = "Gather", Shape = One(ShapeRules.Gather),
        },
        new("linear", OpKind.Product, "x * weight^T (+ bias); the weight is [out, in] as checkpoints store it.",
            Parameters(new OpParameter("x"), new("weight"), new("bias") { Optional = true }))
        {
            Method = "Linear", Shape = One(ShapeRules.Linear), Expand = Expansions.Linear,
        },
        new("attend", OpKind.Attention, "Softmax attention over the KV cache, causal by default; GQA where q has more heads than k.",
            Parameters(
                new OpParameter("q"),
                new("k"),
                new("v"),
                Attribute("window", AttributeType.Window, new SizeValue(Size.Constant(0))),
                Attribute("scale", AttributeType.Scale, new NumberValue(0)),
                Optional("score", AttributeType.Score),
                Optional("visible", AttributeType.Visible),
                Optional("sinks", AttributeType.Sinks),
                Attribute("causal", AttributeType.Flag, new FlagValue(true))))
        {
            Method = "Attend", Shape = One(ShapeRules.Attend),
        },

        // Composites.
        new("clamp", OpKind.Composite, "min(max(x, low), high)", Parameters(new OpParameter("x"), new("low"), new("high")))
        {
            Method = "Clamp", Shape = One(ShapeRules.Broadcast), Expand = Expansions.Clamp,
        },
        new("softmax", OpKind.Composite, "e^x over its sum along an axis.", Parameters(new OpParameter("x"), Axis()))
        {
            Method = "Softmax", Shape = One(ShapeRules.Softmax), Expand = Expansions.Softmax,
        },
        new("rms_norm", OpKind.Composite, "x / sqrt(mean(x^2) + epsilon) * weight (Zhang & Sennrich 2019).",
            Parameters(new OpParameter("x"), new("weight") { Optional = true, Neutral = 1 }, new("epsilon")))
        {
            Method = "RmsNorm", Shape = One(ShapeRules.Norm), Expand = Expansions.RmsNorm,
        },
        new("layer_norm", OpKind.Composite, "(x - mean) / sqrt(variance + epsilon) * weight + bias (Ba et al. 2016).",
            Parameters(new OpParameter("x"), new("weight") { Optional = true, Neutral = 1 },
                new("bias") { Optional = true, Neutral = 0 }, new("epsilon")))
        {
            Method = "LayerNorm", Shape = One(ShapeRules.Norm), Expand = Expansions.LayerNorm,
        },

        // Made by passes.
        new("expand", OpKind.Arrange, "Repeats axes of length 1 up to the shape of the other operand.",
            Parameters(new OpParameter("x"), Attribute("trailing", AttributeType.Shape))) { Shape = One(ShapeRules.Expand) },
        new("copy", OpKind.Elementwise, "The same elements in a buffer of their own.",
            Parameters(new OpParameter("x"))) { Shape = One(ShapeRules.Same) },
        new("append_key", OpKind.Append, "Stores the rows' keys in the KV cache.", Parameters(new OpParameter("k"))) { Shape = One(ShapeRules.Same) },
        new("append_value", OpKind.Append, "Stores the rows' values in the KV cache.",
            Parameters(new OpParameter("v"))) { Shape = One(ShapeRules.Same) },
        new("select", OpKind.Select, "The rows whose results are wanted.",
            Parameters(new OpParameter("x") { DType = null })) { Shape = One(static use => use.Operands[0].WithRows(Size.Outputs)) },
        new("tap", OpKind.Tap, "Shows rows to the step's observer under a name.",
            Parameters(new OpParameter("x"), Attribute("name", AttributeType.Label)))
        {
            Shape = static _ => [], Gradient = OpGradient.None("it has no result"),
        },
        new("branch", OpKind.Control, "Runs one of two functions. The condition is known when a checkpoint is loaded.",
            Parameters(AnyTensors("operands"), Attribute("condition", AttributeType.Condition), Attribute("then", AttributeType.Function),
                Attribute("else", AttributeType.Function))),
        new("loop", OpKind.Control, "Runs a function once per block of a stack. Its first results are the first operands of the next iteration.",
            Parameters(AnyTensors("operands"), Attribute("count", AttributeType.Size), Attribute("body", AttributeType.Function))),

        // Conditions and whole numbers of the host. Their names differ from those of the ops on tensors, whose results are the floats 0 and 1.
        Host("equal", "==", "left = right", ScalarType.Any, condition: "({0} == {1})", fold: Folded(static (a, b) => a == b ? 1 : 0)),
        Host("less", "<", "left < right", ScalarType.Number, condition: "({0} < {1})", fold: Folded(static (a, b) => a < b ? 1 : 0)),
        Host("less_equal", "<=", "left <= right", ScalarType.Number, condition: "({0} <= {1})", fold: Folded(static (a, b) => a <= b ? 1 : 0)),
        Host("and", "&&", "Both conditions.", ScalarType.Condition, condition: "({0} && {1})",
            fold: static x => x[0] == 0 || x[1] == 0 ? 0 : x[0] is null || x[1] is null ? null : 1),
        Host("or", "||", "At least one condition.", ScalarType.Condition, condition: "({0} || {1})",
            fold: static x => x[0] == 1 || x[1] == 1 ? 1 : x[0] is null || x[1] is null ? null : 0),
        new("not", OpKind.Host, "The opposite.", Parameters(new OpParameter("x") { Scalar = ScalarType.Condition }))
        {
            Operator = "!",
            Scalar = new() { Condition = "!{0}", Fold = Folded(static x => x == 0 ? 1 : 0) },
            Gradient = OpGradient.None(IsHost),
        },
        Host("remainder", "%", "Remainder of whole numbers, with the sign of left.", ScalarType.Number, integer: "({0} % {1})"),
        Host("quotient", null, "Quotient of whole numbers, rounded towards 0 as in C#.", ScalarType.Number, integer: "({0} / {1})"),
    ];

    private static readonly Dictionary<string, OpDefinition> ByName = Table.ToDictionary(static op => op.Name, StringComparer.Ordinal);

    private static readonly Dictionary<string, OpDefinition> ByMethod =
        Table.Where(static op => op.Method is not null).ToDictionary(static op => op.Method!, StringComparer.Ordinal);

    public static IReadOnlyList<OpDefinition> All => Table;

    public static OpDefinition Get(string name) => ByName[name];

    public static OpDefinition? Find(string name) => ByName.TryGetValue(name, out var op) ? op : null;

    public static OpDefinition? FindMethod(string method) => ByMethod.TryGetValue(method, out var op) ? op : null;

    public static OpDefinition? FindOperator(string sign) => Table.FirstOrDefault(op => op.Operator == sign);

    /// <summary>The value of an expression in double precision, if it is known before a checkpoint is loaded. Only host ops are folded.</summary>
    public static double? Fold(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Constant constant => constant.Value,
        ScalarExpression.Apply apply when Get(apply.Op) is { Kind: OpKind.Host, Scalar.Fold: { } fold } => fold([.. apply.Arguments.Select(Fold)]),
        _ => null,
    };

    private static EquatableArray<OpParameter> Parameters(params OpParameter[] parameters) => parameters.ToEquatableArray();

    private static OpParameter Attribute(string name, AttributeType type, AttributeValue? whenMissing = null) =>
        new(name, ParameterRole.Attribute) { Type = type, Optional = whenMissing is not null, Default = whenMissing };

    private static OpParameter Optional(string name, AttributeType type) => new(name, ParameterRole.Attribute) { Type = type, Optional = true };

    private static OpParameter Axis() => Attribute("axis", AttributeType.Axis, new SizeValue(Size.Constant(-1)));

    private static OpParameter Ids(string name) => new(name) { DType = DType.I32 };

    private static OpParameter AnyTensors(string name) => new(name, ParameterRole.Tensors) { DType = null, Optional = true };

    /// <summary>A rule for ops of one result.</summary>
    private static ShapeRule One(Func<OpUse, TensorType> rule) => use => [rule(use)];

    private static OpDefinition Unary(string name, string method, string summary, int flops, Func<IReadOnlyList<double?>, double?>? fold = null)
    {
        var op = Elementwise(name, method, summary, flops, new OpParameter("x")) with { Shape = One(ShapeRules.Same) };
        return op with { Scalar = op.Scalar! with { Fold = fold } };
    }

    private static OpDefinition Binary(string name, string method, string summary) =>
        Elementwise(name, method, summary, 1, new OpParameter("left"), new("right"));

    /// <summary>An elementwise op that is a function of the same name in the runtime, for registers and for floats.</summary>
    private static OpDefinition Elementwise(string name, string method, string summary, int flops, params OpParameter[] parameters)
    {
        var call = $"Cpu::Functions.{method}({string.Join(", ", parameters.Select(static (_, i) => $"{{{i}}}"))})";
        return new(name, OpKind.Elementwise, summary, Parameters(parameters))
        {
            Method = method, Shape = One(ShapeRules.Broadcast), FlopsPerElement = flops, Scalar = Native(call, call),
        };
    }

    private static OpDefinition Arithmetic(
        string name,
        string method,
        string sign,
        Func<double, double, double> fold,
        Func<Size, Size, Size> sizes,
        string? onIntegers = null)
    {
        var infix = $"({{0}} {sign} {{1}})";
        return Binary(name, method, $"left {sign} right") with
        {
            Scalar = new()
            {
                Lanes = infix, Float = infix, Integer = infix, OnIntegers = onIntegers, Fold = Folded(fold), Sizes = x => sizes(x[0], x[1]),
            },
        };
    }

    private static OpDefinition Reduction(string name, string method, string summary, ReductionRule rule) =>
        new(name, OpKind.Reduction, summary, Parameters(new OpParameter("x"), Axis()))
        {
            Method = method, Shape = One(ShapeRules.Reduce), FlopsPerElement = 1, Reduction = rule, AtLoad = $"{{0}}.{method}()",
        };

    private static OpDefinition Host(
        string name,
        string? sign,
        string summary,
        ScalarType arguments,
        string? condition = null,
        string? integer = null,
        Func<IReadOnlyList<double?>, double?>? fold = null) =>
        new(name, OpKind.Host, summary, Parameters(new OpParameter("left") { Scalar = arguments }, new("right") { Scalar = arguments }))
        {
            Operator = sign,
            Scalar = new() { Condition = condition, Integer = integer, Fold = fold },
            Gradient = OpGradient.None(IsHost),
        };

    private static ScalarMeaning Native(string lanes, string number) => new() { Lanes = lanes, Float = number };

    /// <summary>Known if all arguments are.</summary>
    private static Func<IReadOnlyList<double?>, double?> Folded(Func<double, double> function) => x => x[0] is { } known ? function(known) : null;

    private static Func<IReadOnlyList<double?>, double?> Folded(Func<double, double, double> function) =>
        x => x[0] is { } left && x[1] is { } right ? function(left, right) : null;
}
