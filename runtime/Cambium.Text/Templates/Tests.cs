using System.Numerics;

namespace Cambium.Text.Templates;

/// <summary>The tests: <c>value is name</c>.</summary>
internal static class Tests
{
    public delegate bool Test(TemplateRun run, object? value, Arguments given);

    public static readonly Dictionary<string, Test> All = new(StringComparer.Ordinal)
    {
        ["defined"] = static (_, value, _) => value is not Undefined,
        ["undefined"] = static (_, value, _) => value is Undefined,
        ["none"] = static (_, value, _) => value is null,
        ["boolean"] = static (_, value, _) => value is bool,
        ["true"] = static (_, value, _) => value is true,
        ["false"] = static (_, value, _) => value is false,
        ["integer"] = static (_, value, _) => value is long or BigInteger,
        ["float"] = static (_, value, _) => value is double,
        ["number"] = static (_, value, _) => ValueRules.IsNumber(value),
        ["string"] = static (_, value, _) => value is PyText,
        ["mapping"] = static (_, value, _) => value is PyDict,
        ["sequence"] = static (_, value, _) => value is PyText or PyDict or Undefined or (PyList and not PyView),
        ["iterable"] = static (_, value, _) => value is PyText or PyDict or PyList or PyIterator or Undefined,
        ["callable"] = static (_, value, _) => value is PyFunction or Loop,
        ["odd"] = static (_, value, _) => !ValueRules.ToInteger(value).IsEven,
        ["even"] = static (_, value, _) => ValueRules.ToInteger(value).IsEven,
        ["divisibleby"] = static (_, value, given) => ValueRules.ToInteger(One("divisibleby", given)) is { IsZero: false } divisor
            ? (ValueRules.ToInteger(value) % divisor).IsZero
            : throw new TemplateError("division by zero"),
        ["lower"] = static (run, value, _) => PythonText.IsLower(Read(run, value)),
        ["upper"] = static (run, value, _) => PythonText.IsUpper(Read(run, value)),
        ["sameas"] = static (run, value, given) => One("sameas", given) is var other
            && (value is null or bool or long or PyText
                ? value?.GetType() == other?.GetType() && ValueRules.AreEqual(run, value, other)
                : ReferenceEquals(value, other)),
        ["escaped"] = static (_, value, _) => value is PyText { IsSafe: true },
        ["in"] = static (run, value, given) => Access.Contains(run, One("in", given), value),
        ["filter"] = static (_, value, _) => value is PyText name && Filters.All.ContainsKey(name.Value),
        ["test"] = static (_, value, _) => value is PyText name && All!.ContainsKey(name.Value),
    };

    static Tests()
    {
        foreach ((string sign, string[] names) in ((string, string[])[])[
            ("==", ["eq", "equalto"]), ("!=", ["ne"]), ("<", ["lt", "lessthan"]), ("<=", ["le"]), (">", ["gt", "greaterthan"]), (">=", ["ge"])])
        {
            // Filters that take the name of a test also take these operators.
            foreach (string name in (string[])[sign, .. names])
                All[name] = (run, value, given) => Comparison.Holds(run, sign, value, One(name, given));
        }
    }

    private static string Read(TemplateRun run, object? value)
    {
        PyText text = ValueText.Of(run, value);
        run.Read(text.Value);
        return text.Value;
    }

    private static object? One(string test, Arguments given) => Arguments.Required(given.Bind(test, "other")[0], test, "other");
}
