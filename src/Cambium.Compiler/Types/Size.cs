using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Types;

/// <summary>
/// A size that is known when a checkpoint is loaded: a polynomial with integer coefficients over symbols (dims, integer options,
/// <see cref="Rows"/>, <see cref="Outputs"/>) and divisions. A division truncates as in C#, so <c>2 * (N / 2)</c> is not <c>N</c>. Only a
/// division that is marked as exact (<see cref="WithExact"/>) cancels with its divisor: loading refuses a checkpoint for which it has a
/// remainder. Two sizes are equal if their polynomials are.
/// </summary>
public sealed class Size : IEquatable<Size>
{
    /// <summary>Rows (tokens) of a step.</summary>
    public static readonly Size Rows = Symbol("T");

    /// <summary>Rows of a step whose results are wanted.</summary>
    public static readonly Size Outputs = Symbol("S");

    public static readonly Size One = Constant(1);

    // Ordered monomials; a monomial is its parts in ordinal order of their keys.
    private readonly EquatableArray<Term> _terms;

    private Size(IEnumerable<Term> terms) =>
        _terms = Limited(terms
            .GroupBy(static term => term.Parts)
            .Select(static group => new Term(group.Aggregate(0L, static (sum, term) => checked(sum + term.Factor)), group.Key))
            .Where(static term => term.Factor != 0)
            .OrderByDescending(static term => term.Parts.Count)
            .ThenBy(static term => string.Join("*", term.Parts), StringComparer.Ordinal)
            .ToEquatableArray());

    private sealed record Term(long Factor, EquatableArray<Part> Parts);

    /// <exception cref="LimitExceededException">The polynomial is too long.</exception>
    private static EquatableArray<Term> Limited(EquatableArray<Term> terms)
    {
        var length = terms.Sum(static term => 1L + term.Parts.Sum(static part => 1L + part.Name.Length));
        return length <= CompilerLimits.SizeLength ? terms : throw TooLong(length, "characters");
    }

    private static LimitExceededException TooLong(long found, string what)
    {
        static string Print(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
        return new($"a size has {Print(found)} {what} when it is multiplied out, and at most {Print(CompilerLimits.SizeLength)} characters are "
            + "compiled; give parts of it names, each a dim that the configuration has");
    }

    /// <summary>A factor of a monomial: a name, or a division.</summary>
    private sealed class Part : IEquatable<Part>
    {
        // Two parts are equal if their keys are. A key tells exact divisions from others; printed text does not.
        private readonly string _key;

        public Part(string name) => _key = name;

        public Part(Size left, Size right, bool isExact)
        {
            (_key, Left, Right, IsExact) = (left.PrintDivision(right, static part => part._key, isExact ? " : " : " / "), left, right, isExact);
            Depth = 1 + left._terms.Concat(right._terms).SelectMany(static term => term.Parts).Select(static part => part.Depth).DefaultIfEmpty()
                .Max();
            if (Depth > CompilerLimits.SizeDepth)
            {
                var limit = CompilerLimits.SizeDepth.ToString(CultureInfo.InvariantCulture);
                throw new LimitExceededException(
                    $"a size has more than {limit} divisions inside each other; divide once by the product, or use a dim that the configuration has");
            }
        }

        /// <summary>The dividend; null for a name.</summary>
        public Size? Left { get; }

        public Size? Right { get; }

        public bool IsExact { get; }

        /// <summary>Divisions inside each other; 0 for a name.</summary>
        private int Depth { get; }

        public string Name => _key;

        public bool Equals(Part? other) => other is not null && _key == other._key;

        public override bool Equals(object? obj) => Equals(obj as Part);

        public override int GetHashCode() => _key.GetHashCode();

        public override string ToString() => _key;
    }

    public static Size Constant(long value) => new([new Term(value, EquatableArray<Part>.Empty)]);

    public static Size Symbol(string name) => Of(new Part(name));

    private static Size Of(Part part) => new([new Term(1, EquatableArray.Of(part))]);

    /// <summary>The value of a size without symbols; null for other sizes.</summary>
    public long? Value => _terms.Count == 0 ? 0 : _terms.Count == 1 && _terms[0].Parts.Count == 0 ? _terms[0].Factor : null;

    /// <summary>Every name in the size, in ordinal order, including those inside divisions.</summary>
    public IEnumerable<string> Symbols => _terms
        .SelectMany(static term => term.Parts)
        .SelectMany(static part => part.Left is null ? [part.Name] : part.Left.Symbols.Concat(part.Right!.Symbols))
        .Distinct()
        .OrderBy(static name => name, StringComparer.Ordinal);

    public static Size operator +(Size a, Size b)
    {
        // The sum of n exact quotients x / n is x.
        var sum = new Size(a._terms.Concat(b._terms));
        return sum._terms.Any(static term => term.Factor is > 1 or < -1 && term.Parts.Any(static part => part.IsExact))
            ? new(sum._terms.SelectMany(static term => Cancel(term.Factor, term.Parts)))
            : sum;
    }

    public static Size operator -(Size a, Size b) => a + (Constant(-1) * b);

    public static Size operator *(Size a, Size b)
    {
        // Each pair is a term before like ones are added.
        var pairs = (long)a._terms.Count * b._terms.Count;
        if (pairs > CompilerLimits.SizeLength)
            throw TooLong(pairs, "terms");
        return new((from x in a._terms
             from y in b._terms
             select Cancel(checked(x.Factor * y.Factor), x.Parts.Concat(y.Parts))).SelectMany(static product => product));
    }

    /// <summary>The quotient, truncated as in C#. If each term is divisible for all values of the symbols, it is a polynomial.</summary>
    public static Size operator /(Size a, Size b) => Divide(a, b, isExact: false);

    private static Size Divide(Size a, Size b, bool isExact)
    {
        if (a.Value is { } dividend && b.Value is { } constant and not 0)
            return Constant(dividend / constant);
        if (b._terms.Count == 1)
        {
            var divisor = b._terms[0];
            var quotient = new List<Term>();
            foreach (var term in a._terms)
            {
                var rest = term.Parts.ToList();
                if (term.Factor % divisor.Factor != 0 || !divisor.Parts.All(rest.Remove))
                    break;
                quotient.Add(new Term(term.Factor / divisor.Factor, rest.ToEquatableArray()));
            }

            if (quotient.Count == a._terms.Count)
                return new(quotient);
        }

        return Of(new Part(a, b, isExact));
    }

    /// <summary>Every division in the size, innermost first.</summary>
    public IEnumerable<(Size Left, Size Right)> Divisions => _terms.SelectMany(static term => term.Parts).Distinct()
        .SelectMany(static part => part.Left is null ? [] : part.Left.Divisions.Concat(part.Right!.Divisions).Append((part.Left, part.Right)));

    /// <summary>The size on the assumption that certain divisions leave no remainder: they cancel with their divisors.</summary>
    /// <param name="isExact">Chooses the divisions by their operands, as the size has them.</param>
    public Size WithExact(Func<(Size Left, Size Right), bool> isExact)
    {
        if (_terms.All(static term => term.Parts.All(static part => part.Left is null)))
            return this;
        return _terms
            .Select(term => term.Parts.Aggregate(Constant(term.Factor), (product, part) => product * (part.Left is null
                ? Of(part)
                : Divide(part.Left.WithExact(isExact), part.Right!.WithExact(isExact), part.IsExact || isExact((part.Left, part.Right))))))
            .Aggregate(Constant(0), static (sum, term) => sum + term);
    }

    /// <summary>Whether two sizes are equal for all values of their symbols for which no division leaves a remainder.</summary>
    public static bool AgreeIfExact(Size a, Size b) => a == b || a.WithExact(static _ => true) == b.WithExact(static _ => true);

    /// <summary>The quotient is not a whole number for any values of the symbols.</summary>
    public static bool NeverDivides(Size a, Size b) =>
        a._terms.Count == 1 && b._terms.Count == 1 && a._terms[0].Parts == b._terms[0].Parts && a._terms[0].Factor % b._terms[0].Factor != 0;

    /// <summary>The product of several sizes.</summary>
    public static Size Product(IEnumerable<Size> sizes) => sizes.Aggregate(One, static (product, size) => product * size);

    public bool Equals(Size? other) => other is not null && _terms == other._terms;

    public override bool Equals(object? obj) => Equals(obj as Size);

    public override int GetHashCode() => _terms.GetHashCode();

    public static bool operator ==(Size? a, Size? b) => a is null ? b is null : a.Equals(b);

    public static bool operator !=(Size? a, Size? b) => !(a == b);

    /// <summary>For example <c>2*Hidden*Heads + 1</c>.</summary>
    public override string ToString() => Print(static name => name);

    /// <summary>The polynomial with each symbol printed by <paramref name="name"/>.</summary>
    public string Print(Func<string, string> name) => Print(PrinterOf(name), isLong: false);

    /// <summary>As <see cref="Print(Func{string, string})"/>, as an expression of C# whose operations are in 64 bits.</summary>
    public string PrintLong(Func<string, string> name) => Print(PrinterOf(name), isLong: true);

    private string Print(Func<Part, bool, string> print, bool isLong)
    {
        if (_terms.Count == 0)
            return isLong ? "0L" : "0";
        var text = new StringBuilder();
        foreach (var term in _terms)
        {
            var factor = Math.Abs((decimal)term.Factor);
            if (text.Length > 0)
                text.Append(term.Factor < 0 ? " - " : " + ");
            else if (term.Factor < 0)
                text.Append('-');
            var hasFactor = factor != 1 || term.Parts.Count == 0;
            var parts = term.Parts.Select((part, i) => print(part, isLong && i == 0 && !hasFactor)).ToList();
            if (hasFactor)
                parts.Insert(0, factor.ToString(CultureInfo.InvariantCulture) + (isLong ? "L" : ""));
            text.Append(string.Join("*", parts));
        }

        return text.ToString();
    }

    // The first operand of a product decides its type in C#.
    private static Func<Part, bool, string> PrinterOf(Func<string, string> name)
    {
        string Part(Part part, bool isLong) => part.Left is null
            ? (isLong ? "(long)" : "") + name(part.Name)
            : part.Left.PrintDivision(part.Right!, Part, " / ", isLong);
        return Part;
    }

    /// <summary>The value for given values of the symbols. Divisions truncate as in C#.</summary>
    /// <exception cref="OverflowException">A value does not fit into 64 bits.</exception>
    /// <exception cref="DivideByZeroException">A divisor is 0.</exception>
    public long Evaluate(Func<string, long> valueOf) =>
        _terms.Aggregate(0L, (sum, term) => checked(sum + term.Parts.Aggregate(
            term.Factor,
            (product, part) => checked(product
                * (part.Left is null ? valueOf(part.Name) : part.Left.Evaluate(valueOf) / part.Right!.Evaluate(valueOf))))));

    /// <summary>A bound of the absolute value where no symbol has an absolute value above <paramref name="largestSymbol"/>.</summary>
    public double Bound(double largestSymbol) => _terms.Sum(term => term.Parts.Aggregate(
        Math.Abs((double)term.Factor), (product, part) => product * (part.Left is null ? largestSymbol : part.Left.Bound(largestSymbol))));

    /// <summary>The largest absolute value of a coefficient, also of the operands of divisions.</summary>
    public double LargestFactor => _terms.SelectMany(static term => term.Parts.Where(static part => part.Left is not null)
            .SelectMany(static part => new[] { part.Left!.LargestFactor, part.Right!.LargestFactor }).Append(Math.Abs((double)term.Factor)))
        .DefaultIfEmpty(0).Max();

    /// <summary>Whether the size is at least 1 for all values of its symbols.</summary>
    /// <param name="isPositive">Whether a symbol is always at least 1.</param>
    public bool IsPositive(Func<string, bool> isPositive) => _terms.Count > 0 && _terms.All(term => term.Factor > 0 && term.Parts.All(part =>
        part.Left is null ? isPositive(part.Name) : part.IsExact && part.Left.IsPositive(isPositive) && part.Right!.IsPositive(isPositive)));

    private string PrintDivision(Size right, Func<Part, string> print, string sign) =>
        PrintDivision(right, (part, _) => print(part), sign, isLong: false);

    // Parentheses keep the meaning: (Hidden + 1) / Heads, Hidden / (2*Heads).
    private string PrintDivision(Size right, Func<Part, bool, string> print, string sign, bool isLong)
    {
        var (dividend, divisor) = (Print(print, isLong), right.Print(print, isLong));
        if (_terms.Count > 1)
            dividend = $"({dividend})";
        if (right._terms.Count > 1 || (right._terms.Count == 1 && right._terms[0] is var term && term.Parts.Count + (term.Factor == 1 ? 0 : 1) > 1))
            divisor = $"({divisor})";
        return $"({dividend}{sign}{divisor})";
    }

    /// <summary>Cancels exact divisions that are multiplied by their divisor.</summary>
    private static IEnumerable<Term> Cancel(long factor, IEnumerable<Part> parts)
    {
        var all = parts.OrderBy(static part => part.Name, StringComparer.Ordinal).ToList();
        foreach (var division in all.Where(static part => part.IsExact))
        {
            if (division.Right!._terms.Count != 1 || factor % division.Right._terms[0].Factor != 0)
                continue;
            var divisor = division.Right._terms[0];
            var rest = all.ToList();
            rest.Remove(division);
            if (divisor.Parts.All(rest.Remove))
                return (division.Left! * new Size([new Term(factor / divisor.Factor, rest.ToEquatableArray())]))._terms;
        }

        return [new Term(factor, all.ToEquatableArray())];
    }
}
