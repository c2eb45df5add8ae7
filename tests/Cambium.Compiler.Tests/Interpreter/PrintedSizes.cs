using System.Text.RegularExpressions;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;
using Xunit;

namespace Cambium.Tests.Interpretation;

/// <summary>Reads the sizes that generated code computes in 32 bits, and compares them with those that loading checks in 64 bits.</summary>
internal static partial class PrintedSizes
{
    private const double LargestDim = 1 << 28;
    private const double LargestSize = 1 << 30;

    [GeneratedRegex(@"(?<![\w.\])])(?:\d+ \* )?\(*s\.\w+\)*(?: [*/+-] \(*(?:s\.\w+|\d+)\)*)+")]
    private static partial Regex Expression { get; }

    /// <summary>Every size that can exceed 32 bits for valid dims has a check.</summary>
    public static void AreChecked(LoadPlan load, string program)
    {
        var found = program.Split('\n').Where(static line => !line.Contains("Binding.Size(", StringComparison.Ordinal)
                && !line.Contains("SlotBytes(", StringComparison.Ordinal) && !line.Contains("Binding.Quotient(", StringComparison.Ordinal))
            .SelectMany(static line => Expression.Matches(line))
            .Select(static match => Balanced(match.Value).Replace("s.", "", StringComparison.Ordinal)).Distinct();
        foreach (var text in found)
        {
            if (SizeParser.TryParse(text, Size.Symbol, out _) is { } size && size.Bound(LargestDim) > LargestSize)
                Assert.True(load.Sizes.Any(check => check.Value.WithExact(static _ => true) == size.WithExact(static _ => true)),
                    $"'{size}' is printed and not checked at load");
        }
    }

    // Without the parentheses of the code around it.
    private static string Balanced(string text)
    {
        while (text.Count(static c => c == '(') < text.Count(static c => c == ')'))
            text = text.Remove(text.LastIndexOf(')'), 1);
        while (text.Count(static c => c == '(') > text.Count(static c => c == ')'))
            text = text.Remove(text.IndexOf('('), 1);
        return text;
    }
}
