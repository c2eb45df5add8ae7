using System.Globalization;
using System.Text.Json;

namespace Cambium.Constraints;

// Numbers: free ones as JSON spells them, bounded ones as plain decimals that are compared digit by digit.
internal sealed partial class SchemaCompiler
{
    /// <summary>Digits before the point, so that every integer fits into 64 bits.</summary>
    private const int IntegerDigits = 18;

    /// <summary>Digits of a bounded number: so many a double tells apart, so that readers who round find it within its bounds.</summary>
    private const int BoundedDigits = 15;

    /// <summary>Digits before the point where a bound is missing.</summary>
    private const int UsualDigits = 9;

    private int? _integer;
    private int? _number;

    private void WriteNumber(JsonElement schema, string path, Rule rule, bool integer)
    {
        var (low, lowIncluded) = Bound(schema, path, "minimum", "exclusiveMinimum", lower: true);
        var (high, highIncluded) = Bound(schema, path, "maximum", "exclusiveMaximum", lower: false);
        if (low is null && high is null)
        {
            _grammar.Call(rule.Start, FreeNumber(integer), rule.End);
            return;
        }

        var digits = integer ? IntegerDigits : Math.Max(UsualDigits, Math.Max(DigitsOf(low), DigitsOf(high)));
        var most = Power(Math.Min(digits, IntegerDigits)) - 1;
        var fraction = integer ? 0 : BoundedDigits - digits;
        foreach (var (bound, keyword) in (ReadOnlySpan<(decimal?, string)>)[(low, "minimum"), (high, "maximum")])
        {
            if (bound is { } value && (Math.Abs(value) > most || fraction < 0 || (!integer && decimal.Round(value, fraction) != value)))
            {
                throw Wrong(path, keyword, string.Create(CultureInfo.InvariantCulture, $"(or its exclusive kin) is {value}; integers are bounded within {IntegerDigits} digits, and other numbers within ")
                    + $"{BoundedDigits}, of which {UsualDigits} or more stand before the point");
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
            WriteMagnitude(rule.Start, rule.End, new Interval(Math.Max(from, 0), lowIncluded || from < 0, to, highIncluded, fraction));
        // Nothing is written as minus zero.
        if (from < 0)
            WriteMagnitude(_grammar.Text(rule.Start, "-"), rule.End, new Interval(Math.Max(-to, 0), highIncluded && to < 0, -from, lowIncluded, fraction));
    }

    // Written once, whoever calls it.
    private int FreeNumber(bool integer)
    {
        ref var known = ref integer ? ref _integer : ref _number;
        if (known is { } rule)
            return rule;
        known = rule = _grammar.NewRule(integer ? "an integer" : "a number");
        var expression = integer
            ? $"^(0|-?[1-9][0-9]{{0,{IntegerDigits - 1}}})$"
            : $@"^-?(0|[1-9][0-9]{{0,{IntegerDigits - 1}}})(\.[0-9]{{1,17}})?([eE][+\-]?[0-9]{{1,2}})?$";
        new RegexCompiler(_grammar, _grammar.Set).Search(RegexParser.Parse(expression), _grammar[rule].Start, _grammar[rule].End);
        return rule;
    }

    private void WriteMagnitude(int from, int to, Interval interval)
    {
        if (interval.Low > interval.High)
            return;
        var (low, high) = ((long)interval.Low, (long)interval.High);
        // Fractions by how many digits are written and which bounds all digits so far agree with.
        var fractions = new Dictionary<(int Written, bool AtLow, bool AtHigh), int>();
        for (var digits = DigitsOf(low); digits <= DigitsOf(high); digits++)
        {
            var least = Math.Max(low, digits == 1 ? 0 : (long)Power(digits - 1));
            var most = Math.Min(high, (long)Power(digits) - 1);
            var (lowText, highText) = (Digits(least, digits), Digits(most, digits));
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
                    next[key] = target = _grammar.NewState();
                _grammar.Byte(state, (byte)digit, (byte)digit, target);
            }
        }

        return next;
    }

    // Behind the integer part: the end, or a point and digits.
    private void WriteFraction(int state, int to, bool atLow, bool atHigh, Interval interval, Dictionary<(int Written, bool AtLow, bool AtHigh), int> known)
    {
        if (interval.MayEnd(0, atLow, atHigh))
            _grammar.Skip(state, to);
        if (interval.Digits == 0)
            return;
        if (known.TryGetValue((0, atLow, atHigh), out var point))
        {
            _grammar.Byte(state, (byte)'.', (byte)'.', point);
            return;
        }

        known[(0, atLow, atHigh)] = point = _grammar.Text(state, ".");
        var row = new Dictionary<(bool AtLow, bool AtHigh), int> { [(atLow, atHigh)] = point };
        for (var i = 0; i < interval.Digits; i++)
        {
            row = Row(row, interval.LowDigits[i], interval.HighDigits[i]);
            foreach (var (tight, reached) in row)
            {
                if (interval.MayEnd(i + 1, tight.AtLow, tight.AtHigh))
                    _grammar.Skip(reached, to);
            }
        }
    }

    private static (decimal? Value, bool Included) Bound(JsonElement schema, string path, string inclusive, string exclusive, bool lower)
    {
        var (with, without) = (Number(inclusive), Number(exclusive));
        return with is null || without is null ? (with ?? without, without is null)
            : (lower ? without >= with : without <= with) ? (without, false)
            : (with, true);

        decimal? Number(string keyword) => !schema.TryGetProperty(keyword, out var value) ? null
            : Exactly(value) ?? throw Wrong(path, keyword, $"is {Shorten(value)}, expected a number of at most 28 digits");
    }

    private static decimal? Ceiling(decimal? value) => value is { } number ? decimal.Ceiling(number) : null;

    private static decimal? Floor(decimal? value) => value is { } number ? decimal.Floor(number) : null;

    private static decimal Power(int digits)
    {
        var power = 1m;
        for (var i = 0; i < digits; i++)
            power *= 10;
        return power;
    }

    private static int DigitsOf(decimal? value) => value is { } number ? decimal.Truncate(Math.Abs(number)).ToString("0", CultureInfo.InvariantCulture).Length : 0;

    private static string Digits(decimal value, int digits) => value.ToString(new string('0', digits), CultureInfo.InvariantCulture);

    /// <summary>Numbers from <paramref name="Low"/>, at least 0, to <paramref name="High"/> with at most so many digits behind the point.</summary>
    private sealed record Interval(decimal Low, bool LowIncluded, decimal High, bool HighIncluded, int Digits)
    {
        public string LowDigits { get; } = Fraction(Low, Digits);

        public string HighDigits { get; } = Fraction(High, Digits);

        /// <summary>Whether a number may end after so many digits behind the point, if all so far are those of the bounds.</summary>
        public bool MayEnd(int written, bool atLow, bool atHigh)
        {
            var (lowRest, highRest) = (LowDigits.AsSpan(written).ContainsAnyExcept('0'), HighDigits.AsSpan(written).ContainsAnyExcept('0'));
            return (!atLow || (!lowRest && LowIncluded)) && (!atHigh || highRest || HighIncluded);
        }

        private static string Fraction(decimal value, int digits) => digits == 0 ? "" : SchemaCompiler.Digits((value - decimal.Truncate(value)) * Power(digits), digits);
    }
}
