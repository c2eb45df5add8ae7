using Cambium.Compiler.Types;

namespace Cambium.Compiler.Ops;

/// <summary>The declarations that attributes refer to.</summary>
public interface IDeclarations
{
    /// <summary>The error of a size that is not valid in this module; null for a valid one.</summary>
    string? ProblemOf(Size size);

    /// <summary>Kind of an option; null for an unknown name.</summary>
    (OptionKind Kind, bool IsList)? KindOfOption(string name);

    bool HasWeight(string name);

    bool HasFunction(string name);
}

/// <summary>Checks attributes of one node: each type's values, and the expressions inside them.</summary>
/// <param name="operands">Number of operands of the node.</param>
public sealed class AttributeChecks(OpDefinition op, int operands, IDeclarations declarations)
{
    private static readonly HashSet<string> ScoreInputs = new(StringComparer.Ordinal) { "score", "query", "key", "head", "layer" };

    /// <summary>The error of a value that is not of the type; null for a valid one.</summary>
    public string? ProblemOf(AttributeType type, AttributeValue value) => (type, value) switch
    {
        (AttributeType.Size or AttributeType.Window or AttributeType.Scale or AttributeType.Scalar, SizeValue size) =>
            declarations.ProblemOf(size.Value),
        (AttributeType.Shape, ShapeValue shape) => shape.Sizes.Select(declarations.ProblemOf).FirstOrDefault(static problem => problem is not null),
        (AttributeType.Axis, SizeValue { Value.Value: -1 or -2 }) => null,
        (AttributeType.Flag, FlagValue) or (AttributeType.Label, SymbolValue) => null,
        (AttributeType.Weight, SymbolValue symbol) => declarations.HasWeight(symbol.Name) ? null : $"'{symbol.Name}' is not a weight",
        (AttributeType.Function, SymbolValue symbol) => declarations.HasFunction(symbol.Name) ? null : $"'{symbol.Name}' is not a function",
        (AttributeType.Rotary, SymbolValue symbol) =>
            declarations.KindOfOption(symbol.Name) is (OptionKind.Rotary, _) ? null : $"'{symbol.Name}' is not a rotary option",
        (AttributeType.Scalar or AttributeType.Scale, NumberValue) => null,
        (AttributeType.Scalar or AttributeType.Scale, SymbolValue symbol) => ProblemOfNumber(symbol.Name),
        (AttributeType.Scalar or AttributeType.Condition, ScoreValue computed) => ProblemOf(computed.Body, ScalarType.Any),
        (AttributeType.Scale, ScoreValue scale) when scale.Body.Walk().Any(IsPerScore) => "a scale is the same for every score",
        (AttributeType.Scale or AttributeType.Window or AttributeType.Score, ScoreValue score) => ProblemOf(score.Body, ScalarType.Number),
        (AttributeType.Sinks, ScoreValue { Body: ScalarExpression.Lookup { Indices: [ScalarExpression.Input { Name: "head" }] } sinks }) =>
            ProblemOf(sinks, ScalarType.Number),
        _ => $"expected {Describe(type)}, found {value}",
    };

    private static bool IsPerScore(ScalarExpression part) => part is ScalarExpression.Input { Name: not "layer" } or ScalarExpression.Lookup;

    private static string Describe(AttributeType type) => type switch
    {
        AttributeType.Size => "a size",
        AttributeType.Shape => "a shape",
        AttributeType.Axis => "-1 or -2",
        AttributeType.Flag => "true or false",
        AttributeType.Label => "a name",
        AttributeType.Weight => "the name of a weight",
        AttributeType.Function => "the name of a function",
        AttributeType.Rotary => "the name of a rotary option",
        AttributeType.Scalar or AttributeType.Scale => "a number",
        AttributeType.Condition => "a condition",
        AttributeType.Window => "a whole number",
        AttributeType.Score => "a function of the score",
        AttributeType.Visible => "no value in a graph",
        AttributeType.Sinks => "one number per head",
        _ => throw new NotSupportedException($"{type} has no description"),
    };

    private string? ProblemOfNumber(string option) =>
        declarations.KindOfOption(option) is (OptionKind.Float, false) ? null : $"'{option}' is not a float option";

    private string? ProblemOf(ScalarExpression expression, ScalarType type)
    {
        switch (expression)
        {
            case ScalarExpression.Constant:
                return null;
            case ScalarExpression.Input input:
                return ScoreInputs.Contains(input.Name) ? null : $"'{input.Name}' is not an input of a score";
            case ScalarExpression.Symbol symbol:
                return type != ScalarType.Number && declarations.KindOfOption(symbol.Name) is (OptionKind.Bool, false) ? null
                    : type == ScalarType.Condition ? $"'{symbol.Name}' is not a bool option"
                    : ProblemOfNumber(symbol.Name);
            case ScalarExpression.TextIs text:
                return ProblemOf(text);
            case ScalarExpression.ItemOf item:
                return declarations.KindOfOption(item.Option) is (var kind, true)
                    && kind == item.Kind
                    && kind is OptionKind.Int or OptionKind.Float or OptionKind.Bool
                    ? ProblemOf(item.Index, ScalarType.Number)
                    : $"'{item.Option}' is not a list of {item.Kind.ToString().ToLowerInvariant()} values";
            case ScalarExpression.Extent extent:
                return declarations.ProblemOf(extent.Value);
            case ScalarExpression.Lookup lookup:
                return lookup.Operand < op.Tensors.Count() || lookup.Operand >= operands
                    ? $"#{lookup.Operand} is not a further operand of this node"
                    : lookup.Indices.Select(index => ProblemOf(index, ScalarType.Number)).FirstOrDefault(static problem => problem is not null);
            case ScalarExpression.Apply apply when OpCatalog.Find(apply.Op) is { Scalar: not null } known:
                return known.Parameters.Count != apply.Arguments.Count
                    ? $"{apply.Op} takes {known.Parameters.Count} arguments, not {apply.Arguments.Count}"
                    : apply.Arguments
                        .Select((argument, i) => ProblemOf(argument, known.Parameters[i].Scalar))
                        .FirstOrDefault(static problem => problem is not null);
            default:
                return $"`{expression}` cannot be computed in a score";
        }
    }

    private string? ProblemOf(ScalarExpression.TextIs text) => declarations.KindOfOption(text.Option) switch
    {
        (OptionKind.Text or OptionKind.Enum, true) =>
            text.Index is null ? $"'{text.Option}' is a list, so a value needs an index" : ProblemOf(text.Index, ScalarType.Number),
        (OptionKind.Text or OptionKind.Enum, false) => text.Index is null ? null : $"'{text.Option}' is not a list",
        _ => $"'{text.Option}' is not a string option",
    };
}
