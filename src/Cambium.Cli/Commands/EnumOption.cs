using System.CommandLine;

namespace Cambium.Cli.Commands;

/// <summary>An option whose values are the names of an enumeration in lower case.</summary>
internal static class EnumOption
{
    /// <param name="name">The option, such as <c>--weights</c>.</param>
    /// <param name="fallback">The default, which the description names as well.</param>
    /// <param name="values">The values in the order of the help.</param>
    public static Option<T> Create<T>(string name, string description, T fallback, params T[] values)
        where T : struct, Enum
    {
        string[] names = [.. values.Select(static value => value.ToString().ToLowerInvariant())];
        return new Option<T>(name)
        {
            Description = $"{description} [default: {fallback.ToString().ToLowerInvariant()}]",
            HelpName = string.Join('|', names),
            DefaultValueFactory = _ => fallback,
            CustomParser = result =>
            {
                if (result.Tokens is [{ Value: var text }] && Array.IndexOf(names, text.ToLowerInvariant()) is >= 0 and var index)
                    return values[index];
                result.AddError(
                    $"Option '{name}' is {string.Join(' ', result.Tokens)}; it must be {string.Join(", ", names[..^1])} or {names[^1]}.");
                return default;
            },
        };
    }
}
