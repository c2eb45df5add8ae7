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

    private static readonly string[] Bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];

    /// <param name="schema">A schema that allows numbers.</param>
    /// <param name="path">Its place.</param>
    /// <param name="denied">Numbers that it does not allow, ascending.</param>
    /// <param name="rule">The rule of the schema.</param>
    /// <param name="integer">Whether only integers are allowed.</param>
    public void Write(JsonElement schema, SchemaPath path, IReadOnlyList<decimal> denied, Rule rule, bool integer)
    {
        var step = Step(schema, path, integer);
        if (step is null && denied.Count == 0 && !Bounds.Any(keyword => schema.TryGetProperty(keyword, out _)))
        {
            grammar.Call(rule.Start, integer ? json.Integer() : json.Number(), rule.End);
            return;
        }

        var limit = DecimalInterval.Power10(integer ? JsonRules.IntegerDigits : BoundedDigits);
        var (low, lowIncluded) = Bound(schema, path, "minimum", "exclusiveMinimum", limit, lower: true);
        var (high, highIncluded) = Bound(schema, path, "maximum", "exclusiveMaximum", limit, lower: false);
        var digits = integer ? JsonRules.IntegerDigits : Math.Max(UsualDigits, Math.Max(DigitsOf(low), DigitsOf(high)));
        var fraction = integer ? 0 : Math.Min(step ?? BoundedDigits, BoundedDigits - digits);
        if (!integer && low is not null && high is not null && (Above(low, fraction) != low || Below(high, fraction) != high))
        {
            // Two bounds with a finer fraction: all digits that they leave are after the point.
            digits = Math.Max(1, Math.Max(DigitsOf(low), DigitsOf(high)));
            fraction = Math.Min(step ?? BoundedDigits, BoundedDigits - digits);
        }

        if (integer)
        {
            low = lowIncluded ? Above(low, 0) : Below(low, 0) + 1;
            high = highIncluded ? Below(high, 0) : Above(high, 0) - 1;
            lowIncluded = highIncluded = true;
        }
        else
        {
            // A bound between two numbers that are written is replaced by the nearest of them inside.
            var isEmpty = low > high;
            (low, lowIncluded) = (Above(low, fraction), lowIncluded || Above(low, fraction) != low);
            (high, highIncluded) = (Below(high, fraction), highIncluded || Below(high, fraction) != high);
            if (low > high && !isEmpty && fraction != step)
                throw SchemaReader.Error(path, "minimum", $"and its upper bound leave no number of at most {BoundedDigits} digits");
        }

        var most = DecimalInterval.Power10(Math.Min(digits, JsonRules.IntegerDigits)) - 1;
        var (from, to) = (low ?? -most, high ?? most);
        foreach (var gap in denied.Where(value => value >= from && value <= to))
        {
            WriteInterval(rule, from, lowIncluded, gap, false, fraction);
            (from, lowIncluded) = (gap, false);
        }

        WriteInterval(rule, from, lowIncluded, to, highIncluded, fraction);
    }

    /// <summary>Which of these numbers the keywords allow.</summary>
    public static IEnumerable<decimal> Allowed(JsonElement schema, SchemaPath path, IEnumerable<decimal> numbers)
    {
        var digits = Step(schema, path, integer: false);
        var (low, lowIncluded) = Bound(schema, path, "minimum", "exclusiveMinimum", decimal.MaxValue, lower: true);
        var (high, highIncluded) = Bound(schema, path, "maximum", "exclusiveMaximum", decimal.MaxValue, lower: false);
        return numbers.Where(number => !(number < low) && !(number > high) && (lowIncluded || number != low) && (highIncluded || number != high)
            && (digits is null || decimal.Round(number, digits.Value) == number));
    }

    private void WriteInterval(Rule rule, decimal from, bool fromIncluded, decimal to, bool toIncluded, int fraction)
    {
        if (fraction == 0)
        {
            (from, to) = (fromIncluded ? decimal.Ceiling(from) : decimal.Floor(from) + 1, toIncluded ? decimal.Floor(to) : decimal.Ceiling(to) - 1);
            fromIncluded = toIncluded = true;
        }
        else
        {
            (fromIncluded, from) = (fromIncluded || Above(from, fraction) != from, Above(from, fraction)!.Value);
            (toIncluded, to) = (toIncluded || Below(to, fraction) != to, Below(to, fraction)!.Value);
        }

        if (to >= 0)
            WriteMagnitude(rule.Start, rule.End, new DecimalInterval(Math.Max(from, 0), fromIncluded || from < 0, to, toIncluded, fraction));
        // An interval that begins at 0 has no minus sign: minus zero is not written.
        if (from < 0)
        {
            var interval = new DecimalInterval(Math.Max(-to, 0), toIncluded && to < 0, -from, fromIncluded, fraction);
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

    /// <summary>The digits after the point that <c>multipleOf</c> leaves; null without the keyword.</summary>
    /// <exception cref="ConstraintException">It is not a power of ten.</exception>
    public static int? Step(JsonElement schema, SchemaPath path, bool integer)
    {
        if (!schema.TryGetProperty("multipleOf", out var value))
            return null;
        var step = SchemaReader.Decimal(value);
        for (var digits = 0; digits <= BoundedDigits && step is > 0 and <= 1; digits++)
        {
            if (step * DecimalInterval.Power10(digits) == 1)
                return integer ? 0 : digits;
        }

        throw new ConstraintException(
            $"The keyword 'multipleOf' is {SchemaReader.Shorten(value)} at {path}; "
                + "supported in schemas that constrain output are 1, 0.1, 0.01 and so on.",
            "multipleOf", path.ToString());
    }

    /// <summary>Refuses bounds that are not numbers, such as dates, also of a schema without numbers.</summary>
    public static void RefuseOtherBounds(JsonElement schema, SchemaPath path)
    {
        foreach (var keyword in Bounds)
        {
            if (schema.TryGetProperty(keyword, out var value) && value.ValueKind != JsonValueKind.Number)
                throw SchemaReader.Error(path, keyword, $"is {SchemaReader.Shorten(value)}, expected a number");
        }
    }

    // A bound beyond all numbers that are written does not restrict them: double.MaxValue is an upper bound of everything.
    private static (decimal? Value, bool Included) Bound(
        JsonElement schema, SchemaPath path, string inclusive, string exclusive, decimal limit, bool lower)
    {
        var (with, without) = (Number(inclusive), Number(exclusive));
        return with is null || without is null ? (with ?? without, without is null)
            : (lower ? without >= with : without <= with) ? (without, false)
            : (with, true);

        decimal? Number(string keyword)
        {
            if (!schema.TryGetProperty(keyword, out var value))
                return null;
            var number = SchemaReader.Decimal(value);
            // A number that is not a decimal is compared as a double, far from the limit, where rounding decides nothing.
            var isBeyond = number is not null ? lower ? number <= -limit : number >= limit
                : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var size) && (lower ? size < -1e28 : size > 1e28);
            if (isBeyond)
                return null;
            return number is { } bound && Math.Abs(bound) < limit
                ? bound
                : throw SchemaReader.Error(
                    path, keyword, string.Create(
                        CultureInfo.InvariantCulture,
                        $"is {SchemaReader.Shorten(value)}, expected a number of at most 28 digits between -{limit} and {limit}"));
        }
    }

    private static decimal? Above(decimal? value, int digits) =>
        value is { } number ? decimal.Ceiling(number * DecimalInterval.Power10(digits)) / DecimalInterval.Power10(digits) : null;

    private static decimal? Below(decimal? value, int digits) =>
        value is { } number ? decimal.Floor(number * DecimalInterval.Power10(digits)) / DecimalInterval.Power10(digits) : null;

    private static int DigitsOf(decimal? value) =>
        value is { } number ? decimal.Truncate(Math.Abs(number)).ToString("0", CultureInfo.InvariantCulture).Length : 0;
}
