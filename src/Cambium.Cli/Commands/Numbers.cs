using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Cambium.Cli.Commands;

/// <summary>Options that are numbers within a range.</summary>
internal static class Numbers
{
    /// <summary>Refuses numbers below <paramref name="least"/> as a mistake of usage.</summary>
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

    /// <summary>Reads a number as it is written everywhere, whatever the system's language, and refuses what does not fit as a mistake of usage.</summary>
    /// <param name="fits">Whether a value may be given.</param>
    /// <param name="range">Which may, for the message.</param>
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
