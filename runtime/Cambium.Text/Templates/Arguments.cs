using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>The arguments of a call, evaluated.</summary>
internal sealed class Arguments(TemplateRun run, List<object?> positional, List<(string Name, object? Value)> named)
{
    public static readonly object Missing = new();

    public TemplateRun Run { get; } = run;

    public List<object?> Positional { get; } = positional;

    public List<(string Name, object? Value)> Named { get; } = named;

    /// <summary>One value for each parameter; <see cref="Missing"/> for a parameter without an argument.</summary>
    public object?[] Bind(string function, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
            throw new TemplateError($"{function} takes at most {parameters.Length} arguments, not {Positional.Count}");
        object?[] values = new object?[parameters.Length];
        values.AsSpan().Fill(Missing);
        for (int i = 0; i < Positional.Count; i++)
            values[i] = Positional[i];
        foreach ((string name, object? value) in Named)
        {
            int at = parameters.IndexOf(name);
            if (at < 0)
                throw new TemplateError($"{function} has no argument '{Excerpt.Of(name)}'");
            if (values[at] != Missing)
                throw new TemplateError($"{function} has the argument '{Excerpt.Of(name)}' twice");
            values[at] = value;
        }

        return values;
    }

    public static object? Required(object? value, string function, string parameter) =>
        value != Missing ? value : throw new TemplateError($"{function} needs the argument '{parameter}'");

    public static PyText Text(object? value, string function) => value switch
    {
        PyText text => text,
        Undefined undefined => throw new TemplateError(undefined.Problem),
        _ => throw new TemplateError($"{function} takes a string, not {ValueRules.TypeName(value)}"),
    };

    public static PyText Text(object? value, string function, string fallback) =>
        value == Missing ? PyText.OfTemplate(fallback) : Text(value, function);

    public static long Integer(object? value, string function, long fallback) => value == Missing ? fallback : value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => throw new TemplateError($"{function} takes an integer, not {ValueRules.TypeName(value)}"),
    };

    public static bool Flag(object? value, bool fallback) => value == Missing ? fallback : ValueRules.IsTrue(value);
}
