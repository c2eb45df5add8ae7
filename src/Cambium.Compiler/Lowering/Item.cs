using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>The value of an expression during lowering.</summary>
internal abstract record Item
{
    /// <summary>A dim, a whole number, or whole numbers of the host.</summary>
    public bool IsInteger => this is SizeItem or HostItem { IsWhole: true };

    /// <summary>A condition that is known now or decided by a checkpoint.</summary>
    public bool IsCondition => this is ConditionItem or FlagItem or OptionItem { Option.Kind: OptionKind.Bool };

    /// <summary>The item as a number that a checkpoint decides; null for other items.</summary>
    public ScalarExpression? AsNumber(Scope scope) => this switch
    {
        NumberItem number => new ScalarExpression.Constant(number.Value),
        SizeItem { Value.Value: { } constant } => new ScalarExpression.Constant(constant),
        SizeItem size => new ScalarExpression.Extent(size.Value),
        OptionItem { Option: { Kind: OptionKind.Float } option } => new ScalarExpression.Symbol(option.Name),
        HostItem host => host.Value,
        TensorItem tensor => scope.Builder.NumberOf(tensor.Value),
        _ => null,
    };

    /// <summary>The kind of item, for messages.</summary>
    public string Describe(Scope scope) => this switch
    {
        TensorItem tensor => scope.Builder.TypeOf(tensor.Value).ToString(),
        SizeItem or NumberItem or HostItem or OptionItem => "a number",
        ListItem => "a list",
        TupleItem => "a tuple",
        _ => "not a tensor",
    };

    /// <summary>The author's text of an expression, for messages.</summary>
    public static string Describe(Expression expression) => expression switch
    {
        LocalRef local => local.Name,
        MemberRef member => member.Name,
        PropertyRef property => $"{Describe(property.Target)}.{property.Name}",
        ItemOf item => $"{Describe(item.Target)}[{Describe(item.Index)}]",
        Number number => number.Value.ToString(CultureInfo.InvariantCulture),
        OpCall { Arguments: [var left, var right] } call when SignOf(call.Op) is { } sign => $"{Operand(left.Value)} {sign} {Operand(right.Value)}",
        OpCall { Op: "Negate", Arguments: [var x] } => "-" + Operand(x.Value),
        OpCall call => $"{call.Op}(..)",
        HostOp { Operands: [var left, var right] } operation => $"{Operand(left)} {operation.Operator} {Operand(right)}",
        BlockCall call => $"{call.Function}(..)",
        _ => "..",
    };

    private static string Operand(Expression expression) =>
        expression is OpCall call && SignOf(call.Op) is not null ? $"({Describe(expression)})" : Describe(expression);

    private static string? SignOf(string op) => op switch
    {
        "Add" => "+",
        "Subtract" => "-",
        "Multiply" => "*",
        "Divide" => "/",
        _ => null,
    };
}

/// <summary>A value of the graph.</summary>
internal sealed record TensorItem(int Value) : Item;

internal sealed record SizeItem(Size Value) : Item;

internal sealed record NumberItem(double Value) : Item;

internal sealed record FlagItem(bool Value) : Item;

internal sealed record TextItem(string Value) : Item;

/// <summary>An option of the config.</summary>
internal sealed record OptionItem(OptionInfo Option) : Item;

/// <summary>A number that a checkpoint decides, possibly for each block of a stack.</summary>
internal sealed record HostItem(ScalarExpression Value, bool IsWhole) : Item;

/// <summary>A condition that a checkpoint decides.</summary>
internal sealed record ConditionItem(ScalarExpression Value) : Item;

/// <summary>A list of the config.</summary>
internal sealed record ListItem(OptionInfo Option) : Item;

/// <summary>One string of a list.</summary>
internal sealed record ListTextItem(OptionInfo Option, ScalarExpression Index) : Item;

/// <param name="Owners">The classes around the block, and its own.</param>
internal sealed record BlockItem(ClassSpec Class, string Prefix, Owners Owners) : Item;

/// <param name="Owners">The classes around a block of the stack, and its own.</param>
internal sealed record StackItem(ClassSpec Class, string Prefix, Owners Owners, Size Count) : Item;

internal sealed record TupleItem(IReadOnlyList<Item> Values) : Item;

internal sealed record LambdaItem(LambdaOf Lambda) : Item;

/// <summary>The value of a local after an error. The error is reported; errors that follow from it are not.</summary>
internal sealed record UnknownItem : Item;
