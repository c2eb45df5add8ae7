using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Cambium.Cli.Commands;

/// <summary>Range checks of numeric options. Errors are usage errors (exit code 2).</summary>
internal static partial class Numbers
{
    private static readonly (string Type, string Words)[] Types =
    [
        ("System.Int32", $"a whole number from {int.MinValue} to {int.MaxValue}"),
        ("System.Nullable`1[System.Int32]", $"a whole number from {int.MinValue} to {int.MaxValue}"),
        ("System.Int64", $"a whole number from {long.MinValue} to {long.MaxValue}"),
        ("System.Nullable`1[System.Int64]", $"a whole number from {long.MinValue} to {long.MaxValue}"),
        ("System.UInt64", $"a whole number from 0 to {ulong.MaxValue}"),
        ("System.Nullable`1[System.UInt64]", $"a whole number from 0 to {ulong.MaxValue}"),
        ("System.Boolean", "true or false"),
    ];

    /// <summary>Replaces the name of a .NET type in a message of the parser by the values that the option takes.</summary>
    public static string Sentence(string message)
    {
        if (ParserMessage().Match(message) is not { Success: true } match || Array.Find(Types, type => type.Type == match.Groups[3].Value)
            is not { Type: not null } found)
            return message;
        return $"Option '{match.Groups[2].Value}' is {match.Groups[1].Value}; it must be {found.Words}.";
    }

    [GeneratedRegex("^Cannot parse argument '(.*)' for option '(.*)' as expected type '(.*)'\\.")]
    private static partial Regex ParserMessage();

    /// <summary>Rejects numbers below <paramref name="least"/>.</summary>
    public static Option<int> AtLeast(this Option<int> option, int least)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var value) && value < least)
                result.AddError($"Option '{option.Name}' is {value}; it must be at least {least}.");
        });
        return option;
    }

    /// <inheritdoc cref="AtLeast(Option{int}, int)"/>
    public static Option<int?> AtLeast(this Option<int?> option, int least)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var value) && value < least)
                result.AddError($"Option '{option.Name}' is {value}; it must be at least {least}.");
        });
        return option;
    }

    /// <summary>Reads a number in the invariant culture and rejects values outside a range.</summary>
    /// <param name="fits">Tests whether a value is in the range.</param>
    /// <param name="range">Describes the range in the error message.</param>
    public static Option<float> Within(this Option<float> option, Func<float, bool> fits, string range)
    {
        option.CustomParser = result => Read(result, option, fits, range);
        return option;
    }

    /// <inheritdoc cref="Within(Option{float}, Func{float, bool}, string)"/>
    public static Option<float?> Within(this Option<float?> option, Func<float, bool> fits, string range)
    {
        option.CustomParser = result => Read(result, option, fits, range);
        return option;
    }

    private static float Read(ArgumentResult result, Option option, Func<float, bool> fits, string range)
    {
        if (float.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && fits(value))
            return value;
        result.AddError($"Option '{option.Name}' is {result.Tokens[0].Value}; it must be {range}.");
        return 0;
    }
}
