using System.Globalization;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Host;

/// <summary>Numbers and conditions that are known when a checkpoint is loaded, as C# of the host.</summary>
internal static class HostText
{
    /// <summary>A float.</summary>
    public static string Number(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Constant constant => CSharp.Float(constant.Value),
        ScalarExpression.Symbol symbol => "s." + symbol.Name,
        ScalarExpression.ItemOf { Kind: OptionKind.Float } item => Item(item.Option, item.Index),
        ScalarExpression.Extent or ScalarExpression.Input or ScalarExpression.ItemOf or ScalarExpression.Apply { Op: "remainder" or "quotient" } => $"(float){Integer(expression)}",
        ScalarExpression.Apply { Op: "choose" } choice => $"({Condition(choice.Arguments[0])} ? {Number(choice.Arguments[1])} : {Number(choice.Arguments[2])})",
        ScalarExpression.Apply apply => OpText.Scalar(apply.Op, [.. apply.Arguments.Select(Number)]),
        _ => throw new InvalidOperationException(expression.ToString()),
    };

    /// <summary>An int.</summary>
    public static string Integer(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Constant constant => ((long)constant.Value).ToString(CultureInfo.InvariantCulture),
        ScalarExpression.Extent extent => CSharp.Factor(extent.Value),
        ScalarExpression.Input => "layer",
        ScalarExpression.ItemOf { Kind: OptionKind.Int } item => Item(item.Option, item.Index),
        ScalarExpression.Apply { Op: "remainder" or "quotient" } apply => $"({Integer(apply.Arguments[0])} {(apply.Op == "remainder" ? "%" : "/")} {Integer(apply.Arguments[1])})",
        ScalarExpression.Apply { Op: "choose" } choice => $"({Condition(choice.Arguments[0])} ? {Integer(choice.Arguments[1])} : {Integer(choice.Arguments[2])})",
        ScalarExpression.Apply { Op: "negate" } apply => $"(-{Integer(apply.Arguments[0])})",
        ScalarExpression.Apply { Op: "add" or "sub" or "mul" or "div" } apply => OpText.Scalar(apply.Op, [.. apply.Arguments.Select(Integer)]),
        _ => $"(int){Number(expression)}",
    };

    /// <summary>A bool.</summary>
    public static string Condition(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Symbol symbol => "s." + symbol.Name,
        ScalarExpression.ItemOf item => Item(item.Option, item.Index),
        ScalarExpression.TextIs text => $"({(text.Index is null ? "s." + text.Option : Item(text.Option, text.Index))} == {CSharp.Text(text.Value)})",
        ScalarExpression.Apply { Op: "not" } apply => $"!{Condition(apply.Arguments[0])}",
        ScalarExpression.Apply { Op: "and" or "or" } apply => $"({Condition(apply.Arguments[0])} {(apply.Op == "and" ? "&&" : "||")} {Condition(apply.Arguments[1])})",
        ScalarExpression.Apply { Op: "equal" } apply when apply.Arguments.Any(IsCondition) => $"({Condition(apply.Arguments[0])} == {Condition(apply.Arguments[1])})",
        ScalarExpression.Apply { Op: "equal" or "less" or "less_equal" } apply => Compare(apply),
        _ => throw new InvalidOperationException(expression.ToString()),
    };

    private static string Item(string option, ScalarExpression index) => $"s.{option}[{CSharp.Trim(Integer(index))}]";

    private static string Compare(ScalarExpression.Apply apply)
    {
        Func<ScalarExpression, string> print = apply.Arguments.All(IsInteger) ? Integer : Number;
        return $"({print(apply.Arguments[0])} {apply.Op switch { "equal" => "==", "less" => "<", _ => "<=" }} {print(apply.Arguments[1])})";
    }

    private static bool IsCondition(ScalarExpression expression) => expression is ScalarExpression.TextIs or ScalarExpression.ItemOf { Kind: OptionKind.Bool } or ScalarExpression.Apply { Op: "not" or "and" or "or" or "equal" or "less" or "less_equal" };

    private static bool IsInteger(ScalarExpression expression) => expression switch
    {
        ScalarExpression.Constant constant => constant.Value == Math.Floor(constant.Value),
        ScalarExpression.Extent or ScalarExpression.Input or ScalarExpression.ItemOf { Kind: OptionKind.Int } => true,
        ScalarExpression.Apply { Op: "choose" } choice => IsInteger(choice.Arguments[1]) && IsInteger(choice.Arguments[2]),
        ScalarExpression.Apply { Op: "add" or "sub" or "mul" or "remainder" or "quotient" or "negate" } apply => apply.Arguments.All(IsInteger),
        _ => false,
    };
}
