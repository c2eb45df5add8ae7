using System.Globalization;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Host;

/// <summary>Prints numbers and conditions that are evaluated when a checkpoint is loaded, as C# of the code around kernels.</summary>
internal static class HostText
{
    /// <summary>A float.</summary>
    public static string Number(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Constant constant => CSharp.Float(constant.Value),
        ScalarExpression.Symbol symbol => "s." + symbol.Name,
        ScalarExpression.ItemOf { Kind: OptionKind.Float } item => Item(item.Option, item.Index),
        ScalarExpression.Apply apply when Meaning(apply).Float is not null => OpText.Print(apply, Dialect.Float, Number, Condition),
        ScalarExpression.Apply apply when Meaning(apply).Integer is not null => $"(float){Integer(expression)}",
        ScalarExpression.Extent or ScalarExpression.Input or ScalarExpression.ItemOf => $"(float){Integer(expression)}",
        _ => throw new InvalidOperationException(expression.ToString()),
    };

    /// <summary>An int.</summary>
    public static string Integer(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Constant constant => ((long)constant.Value).ToString(CultureInfo.InvariantCulture),
        ScalarExpression.Extent extent => CSharp.Factor(extent.Value),
        ScalarExpression.Input => "layer",
        ScalarExpression.ItemOf { Kind: OptionKind.Int } item => Item(item.Option, item.Index),
        ScalarExpression.Apply apply when Meaning(apply).Integer is not null => OpText.Print(apply, Dialect.Integer, Integer, Condition),
        _ => $"(int){Number(expression)}",
    };

    /// <summary>A bool.</summary>
    public static string Condition(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Symbol symbol => "s." + symbol.Name,
        ScalarExpression.ItemOf item => Item(item.Option, item.Index),
        ScalarExpression.TextIs text => $"({(text.Index is null ? "s." + text.Option : Item(text.Option, text.Index))} == {CSharp.Text(text.Value)})",
        ScalarExpression.Apply apply => OpText.Print(apply, Dialect.Condition, Operand(apply), Condition),
        _ => throw new InvalidOperationException(expression.ToString()),
    };

    /// <summary>How the operands of a comparison are printed: as conditions, as ints where all of them are whole, else as floats.</summary>
    private static Func<ScalarExpression, string> Operand(ScalarExpression.Apply comparison) =>
        comparison.Arguments.Any(IsCondition) ? Condition : comparison.Arguments.All(IsInteger) ? Integer : Number;

    private static string Item(string option, ScalarExpression index) => $"s.{option}[{CSharp.Trim(Integer(index))}]";

    private static ScalarMeaning Meaning(ScalarExpression.Apply apply) => OpCatalog.Get(apply.Op).Scalar!;

    private static bool IsCondition(ScalarExpression expression) => expression switch
    {
        ScalarExpression.TextIs or ScalarExpression.ItemOf { Kind: OptionKind.Bool } => true,
        ScalarExpression.Apply apply => Meaning(apply).Condition is not null,
        _ => false,
    };

    private static bool IsInteger(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Constant constant => constant.Value == Math.Floor(constant.Value),
        ScalarExpression.Extent or ScalarExpression.Input or ScalarExpression.ItemOf { Kind: OptionKind.Int } => true,
        ScalarExpression.Apply apply when Meaning(apply) is { Integer: not null, OnIntegers: null } =>
            apply.Arguments.Where((_, i) => OpCatalog.Get(apply.Op).Parameters[i].Scalar == ScalarType.Number).All(IsInteger),
        _ => false,
    };
}
