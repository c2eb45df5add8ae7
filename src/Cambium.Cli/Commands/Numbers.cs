using System.CommandLine;

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
}
