using System.Globalization;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit;

/// <summary>Prints ops of scalar expressions as the catalog spells them.</summary>
internal static class OpText
{
    /// <param name="number">Prints an argument that is a number.</param>
    /// <param name="condition">Prints an argument that is a condition.</param>
    public static string Print(ScalarExpression.Apply apply, Dialect dialect, Func<ScalarExpression, string> number,
        Func<ScalarExpression, string> condition) =>
        Print(apply.Op, dialect,
            [.. apply.Arguments.Select((argument, i) => Conditions.IsCondition(apply, i) ? condition(argument) : number(argument))]);

    public static string Print(string op, Dialect dialect, IReadOnlyList<string> arguments) =>
        Fill(OpCatalog.Get(op).Scalar?[dialect] ?? throw new InvalidOperationException($"'{op}' has no spelling for {dialect}"), arguments);

    /// <summary>
    /// Puts arguments in the places of a template. An argument that fills a place between parentheses or commas loses its own parentheses.
    /// </summary>
    public static string Fill(string template, IReadOnlyList<string> arguments)
    {
        var text = template;
        for (var i = 0; i < arguments.Count; i++)
        {
            var place = $"{{{i.ToString(CultureInfo.InvariantCulture)}}}";
            var isAlone = template.Contains($"({place},") || template.Contains($"({place})") || template.Contains($", {place},")
                || template.Contains($", {place})");
            text = text.Replace(place, isAlone || IsLeftOfSameOperator(template, i, arguments[i]) ? CSharp.Trim(arguments[i]) : arguments[i]);
        }

        return text;
    }

    /// <summary>Whether C# groups the operands as the parentheses do: <c>(a * b) * c</c> is <c>a * b * c</c>.</summary>
    private static bool IsLeftOfSameOperator(string template, int place, string argument)
    {
        if (place != 0 || template is not ("({0} + {1})" or "({0} * {1})") || CSharp.Trim(argument) == argument)
            return false;
        var sign = template.Substring(5, 1);
        return CSharp.OperatorsOf(CSharp.Trim(argument)) is [_, ..] operators && operators.All(other => other == sign);
    }
}
