using System.Globalization;
using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// Compiles the bounds of numbers. A bounded number is a plain decimal without exponent; the automaton compares it with its bounds digit by digit.
/// </summary>
internal sealed class NumberCompiler(GrammarBuilder grammar, JsonRules json)
{
    /// <summary>
    /// Digits of a bounded number. A double holds 15 digits exactly, so a reader that rounds still finds the number within its bounds.
    /// </summary>
    private const int BoundedDigits = 15;

    /// <summary>Digits before the point where a bound is missing.</summary>
    private const int UsualDigits = 9;

    public void Write(JsonElement schema, SchemaPath path, Rule rule, bool integer)
    {
        var (low, lowIncluded) = Bound(schema, path, "minimum", "exclusiveMinimum", lower: true);
        var (high, highIncluded) = Bound(schema, path, "maximum", "exclusiveMaximum", lower: false);
        if (low is null && high is null)
        {
            grammar.Call(rule.Start, integer ? json.Integer() : json.Number(), rule.End);
            return;
        }

        var digits = integer ? JsonRules.IntegerDigits : Math.Max(UsualDigits, Math.Max(DigitsOf(low), DigitsOf(high)));
        var most = DecimalInterval.Power10(Math.Min(digits, JsonRules.IntegerDigits)) - 1;
        var fraction = integer ? 0 : BoundedDigits - digits;
        foreach (var (bound, keyword) in (ReadOnlySpan<(decimal?, string)>)[(low, "minimum"), (high, "maximum")])
        {
            if (bound is { } value && (Math.Abs(value) > most || fraction < 0 || (!integer && decimal.Round(value, fraction) != value)))
            {
                throw SchemaReader.Error(path, keyword, string.Create(
                    CultureInfo.InvariantCulture,
                    $"(or its exclusive form) is {value}; "
                        + $"a bound of integers has at most {JsonRules.IntegerDigits} digits, and one of other numbers ")
                    + $"{BoundedDigits}, of which {UsualDigits} or more are before the point");
            }
        }

        if (integer)
        {
            low = lowIncluded ? Ceiling(low) : Floor(low) + 1;
            high = highIncluded ? Floor(high) : Ceiling(high) - 1;
            lowIncluded = highIncluded = true;
        }

        var (from, to) = (low ?? -most, high ?? most);
        if (to >= 0)
            WriteMagnitude(rule.Start, rule.End, new DecimalInterval(Math.Max(from, 0), lowIncluded || from < 0, to, highIncluded, fraction));
        // An interval that begins at 0 has no minus sign: minus zero is not written.
        if (from < 0)
        {
            var interval = new DecimalInterval(Math.Max(-to, 0), highIncluded && to < 0, -from, lowIncluded, fraction);
            WriteMagnitude(grammar.Text(rule.Start, "-"), rule.End, interval);
        }
    }

    private void WriteMagnitude(int from, int to, DecimalInterval interval)
    {
        if (interval.Low > interval.High)
            return;
        var (low, high) = ((long)interval.Low, (long)interval.High);
        // States of fractions, by the digits written and by the bounds that all digits so far are equal to.
        var fractions = new Dictionary<(int Written, bool AtLow, bool AtHigh), int>();
        for (var digits = DigitsOf(low); digits <= DigitsOf(high); digits++)
        {
            var least = Math.Max(low, digits == 1 ? 0 : (long)DecimalInterval.Power10(digits - 1));
            var most = Math.Min(high, (long)DecimalInterval.Power10(digits) - 1);
            var (lowText, highText) = (DecimalInterval.Text(least, digits), DecimalInterval.Text(most, digits));
            var row = new Dictionary<(bool AtLow, bool AtHigh), int> { [(true, true)] = from };
            for (var i = 0; i < digits; i++)
                row = Row(row, lowText[i], highText[i]);
            foreach (var (tight, state) in row)
                WriteFraction(state, to, tight.AtLow && least == low, tight.AtHigh && most == high, interval, fractions);
        }
    }

    private Dictionary<(bool AtLow, bool AtHigh), int> Row(Dictionary<(bool AtLow, bool AtHigh), int> row, char low, char high)
    {
        var next = new Dictionary<(bool AtLow, bool AtHigh), int>();
        foreach (var (tight, state) in row)
        {
            for (var digit = tight.AtLow ? low : '0'; digit <= (tight.AtHigh ? high : '9'); digit++)
            {
                var key = (tight.AtLow && digit == low, tight.AtHigh && digit == high);
                if (!next.TryGetValue(key, out var target))
                    next[key] = target = grammar.NewState();
                grammar.Byte(state, (byte)digit, (byte)digit, target);
            }
        }

        return next;
    }

    // After the integer part: the end, or a point and digits.
    private void WriteFraction(
        int state, int to, bool atLow, bool atHigh, DecimalInterval interval, Dictionary<(int Written, bool AtLow, bool AtHigh), int> known)
    {
        if (interval.MayEnd(0, atLow, atHigh))
            grammar.Skip(state, to);
        if (interval.Digits == 0)
            return;
        if (known.TryGetValue((0, atLow, atHigh), out var point))
        {
            grammar.Byte(state, (byte)'.', (byte)'.', point);
            return;
        }

        known[(0, atLow, atHigh)] = point = grammar.Text(state, ".");
        var row = new Dictionary<(bool AtLow, bool AtHigh), int> { [(atLow, atHigh)] = point };
        for (var i = 0; i < interval.Digits; i++)
        {
            row = Row(row, interval.LowDigits[i], interval.HighDigits[i]);
            foreach (var (tight, reached) in row)
            {
                if (interval.MayEnd(i + 1, tight.AtLow, tight.AtHigh))
                    grammar.Skip(reached, to);
            }
        }
    }

    private static (decimal? Value, bool Included) Bound(JsonElement schema, SchemaPath path, string inclusive, string exclusive, bool lower)
    {
        var (with, without) = (Number(inclusive), Number(exclusive));
        return with is null || without is null ? (with ?? without, without is null)
            : (lower ? without >= with : without <= with) ? (without, false)
            : (with, true);

        decimal? Number(string keyword) => !schema.TryGetProperty(keyword, out var value) ? null
            : SchemaReader.Decimal(value) ?? throw SchemaReader.Error(
                path, keyword, $"is {SchemaReader.Shorten(value)}, expected a number of at most 28 digits");
    }

    private static decimal? Ceiling(decimal? value) => value is { } number ? decimal.Ceiling(number) : null;

    private static decimal? Floor(decimal? value) => value is { } number ? decimal.Floor(number) : null;

    private static int DigitsOf(decimal? value) =>
        value is { } number ? decimal.Truncate(Math.Abs(number)).ToString("0", CultureInfo.InvariantCulture).Length : 0;
}
