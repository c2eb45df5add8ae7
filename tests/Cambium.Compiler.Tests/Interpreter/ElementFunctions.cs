using Cambium.Compiler.Types;


namespace Cambium.Tests.Interpretation;

/// <summary>Elementwise ops on numbers.</summary>
public static class ElementFunctions
{
    public static IReadOnlyDictionary<string, Func<double, double>> Unary { get; } = new Dictionary<string, Func<double, double>>
    {
        ["copy"] = static x => x,
        ["negate"] = static x => -x,
        ["abs"] = Math.Abs,
        ["square"] = static x => x * x,
        ["sqrt"] = Math.Sqrt,
        ["rsqrt"] = static x => 1 / Math.Sqrt(x),
        ["reciprocal"] = static x => 1 / x,
        ["sign"] = static x => x > 0 ? 1 : x < 0 ? -1 : 0,
        ["sin"] = Math.Sin,
        ["cos"] = Math.Cos,
        ["floor"] = Math.Floor,
        ["ceiling"] = Math.Ceiling,
        ["round"] = static x => Math.Round(x, MidpointRounding.ToEven),
        ["exp"] = Math.Exp,
        ["log"] = Math.Log,
        ["sigmoid"] = static x => 1 / (1 + Math.Exp(-x)),
        ["tanh"] = Math.Tanh,
        ["relu"] = static x => Math.Max(x, 0),
        ["silu"] = static x => x / (1 + Math.Exp(-x)),
        ["gelu"] = static x => x * 0.5 * (1 + Erf(x / Math.Sqrt(2))),
        ["gelu_tanh"] = static x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        ["softplus"] = static x => Math.Max(x, 0) + double.LogP1(Math.Exp(-Math.Abs(x))),
        ["mish"] = static x => x * Math.Tanh(Math.Max(x, 0) + double.LogP1(Math.Exp(-Math.Abs(x)))),
    };

    public static IReadOnlyDictionary<string, Func<double, double, double>> Binary { get; } = new Dictionary<string, Func<double, double, double>>
    {
        ["add"] = static (a, b) => a + b,
        ["sub"] = static (a, b) => a - b,
        ["mul"] = static (a, b) => a * b,
        ["div"] = static (a, b) => a / b,
        ["min"] = Math.Min,
        ["max"] = Math.Max,
        ["is_less"] = static (a, b) => a < b ? 1 : 0,
        ["is_less_equal"] = static (a, b) => a <= b ? 1 : 0,
        ["is_greater"] = static (a, b) => a > b ? 1 : 0,
        ["is_greater_equal"] = static (a, b) => a >= b ? 1 : 0,
        ["is_equal"] = static (a, b) => a == b ? 1 : 0,
        ["pow"] = Math.Pow,
    };

    public static IReadOnlyDictionary<string, Func<double, double, double, double>> Ternary { get; } =
        new Dictionary<string, Func<double, double, double, double>>
    {
        ["where"] = static (condition, a, b) => condition != 0 ? a : b,
    };

    /// <summary>The value of a scalar expression.</summary>
    /// <param name="leaf">Values of inputs, symbols and per-head parameters.</param>
    public static double Evaluate(ScalarExpression expression, Func<ScalarExpression, double> leaf) => expression switch
    {
        ScalarExpression.Constant constant => constant.Value,
        ScalarExpression.Apply { Op: "choose" } choice => Evaluate(choice.Arguments[Evaluate(choice.Arguments[0], leaf) != 0 ? 1 : 2], leaf),
        ScalarExpression.Apply apply when Host.TryGetValue(apply.Op, out var host) =>
            host(Evaluate(apply.Arguments[0], leaf), apply.Arguments.Count > 1 ? Evaluate(apply.Arguments[1], leaf) : 0),
        ScalarExpression.Apply { Arguments.Count: 1 } apply => Unary[apply.Op](Evaluate(apply.Arguments[0], leaf)),
        ScalarExpression.Apply { Arguments.Count: 3 } apply =>
            Ternary[apply.Op](Evaluate(apply.Arguments[0], leaf), Evaluate(apply.Arguments[1], leaf), Evaluate(apply.Arguments[2], leaf)),
        ScalarExpression.Apply apply => Binary[apply.Op](Evaluate(apply.Arguments[0], leaf), Evaluate(apply.Arguments[1], leaf)),
        _ => leaf(expression),
    };

    /// <summary>Ops of host expressions. True is 1.</summary>
    private static Dictionary<string, Func<double, double, double>> Host { get; } = new(StringComparer.Ordinal)
    {
        ["equal"] = static (a, b) => a == b ? 1 : 0,
        ["less"] = static (a, b) => a < b ? 1 : 0,
        ["less_equal"] = static (a, b) => a <= b ? 1 : 0,
        ["and"] = static (a, b) => a != 0 && b != 0 ? 1 : 0,
        ["or"] = static (a, b) => a != 0 || b != 0 ? 1 : 0,
        ["not"] = static (a, _) => a == 0 ? 1 : 0,
        ["remainder"] = static (a, b) => a % b,
        ["quotient"] = static (a, b) => Math.Truncate(a / b),
    };

    /// <summary>
    /// erf(x) = 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!! (Abramowitz and Stegun 7.1.6). All terms have the same sign, so nothing
    /// cancels.
    /// </summary>
    public static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        var (sum, term) = (0.0, x);
        for (int n = 0; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            sum += term;
            term *= 2 * x * x / ((2 * n) + 3);
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
