using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Types;

/// <summary>
/// A size that is known when a checkpoint is loaded: a polynomial with integer coefficients over symbols (dims, integer options,
/// <see cref="Rows"/>, <see cref="Outputs"/>). Two sizes are equal if their polynomials are. A division that is not exact is a
/// symbol of its own, so <c>Hidden / Heads</c> equals itself, and its product with <c>Heads</c> is <c>Hidden</c>. Loading refuses a
/// checkpoint whose division has a remainder.
/// </summary>
public sealed class Size : IEquatable<Size>
{
    /// <summary>Rows (tokens) of a step.</summary>
    public static readonly Size Rows = Symbol("T");

    /// <summary>Rows of a step whose results are wanted.</summary>
    public static readonly Size Outputs = Symbol("S");

    public static readonly Size One = Constant(1);

    // Ordered monomials; a monomial is its symbols in ordinal order.
    private readonly EquatableArray<Term> _terms;

    private Size(IEnumerable<Term> terms) =>
        _terms = terms
            .GroupBy(static term => term.Symbols)
            .Select(static group => new Term(group.Sum(static term => term.Factor), group.Key))
            .Where(static term => term.Factor != 0)
            .OrderByDescending(static term => term.Symbols.Count)
            .ThenBy(static term => string.Join("*", term.Symbols), StringComparer.Ordinal)
            .ToEquatableArray();

    private sealed record Term(long Factor, EquatableArray<string> Symbols);

    public static Size Constant(long value) => new([new Term(value, EquatableArray<string>.Empty)]);

    public static Size Symbol(string name) => new([new Term(1, EquatableArray.Of(name))]);

    /// <summary>The value of a size without symbols; null for other sizes.</summary>
    public long? Value => _terms.Count == 0 ? 0 : _terms.Count == 1 && _terms[0].Symbols.Count == 0 ? _terms[0].Factor : null;

    /// <summary>Every name in the size, in ordinal order, including those inside divisions.</summary>
    public IEnumerable<string> Symbols => _terms
        .SelectMany(static term => term.Symbols)
        .SelectMany(static symbol => DivisionOf(symbol) is var (a, b) ? a.Symbols.Concat(b.Symbols) : [symbol])
        .Distinct()
        .OrderBy(static name => name, StringComparer.Ordinal);

    public static Size operator +(Size a, Size b)
    {
        // The sum of n quotients x / n is x.
        var sum = new Size(a._terms.Concat(b._terms));
        return sum._terms.Any(static term => Math.Abs(term.Factor) > 1 && term.Symbols.Any(static symbol => symbol[0] == '('))
            ? new(sum._terms.SelectMany(static term => Cancel(term.Factor, term.Symbols)))
            : sum;
    }

    public static Size operator -(Size a, Size b) => a + (Constant(-1) * b);

    public static Size operator *(Size a, Size b) =>
        new((from x in a._terms
             from y in b._terms
             select Cancel(x.Factor * y.Factor, x.Symbols.Concat(y.Symbols))).SelectMany(static product => product));

    /// <summary>Every division in the size whose remainder is known only when a checkpoint is loaded.</summary>
    public IEnumerable<(Size Left, Size Right)> Divisions =>
        _terms.SelectMany(static term => term.Symbols).Distinct().Select(DivisionOf).Where(static division => division is not null)
            .SelectMany(static division => division!.Value.Left.Divisions.Concat(division.Value.Right.Divisions).Append(division.Value));

    /// <summary>The exact quotient if it exists, else a symbol that prints as the division.</summary>
    public static Size operator /(Size a, Size b)
    {
        if (b._terms.Count == 1)
        {
            var divisor = b._terms[0];
            var quotient = new List<Term>();
            foreach (var term in a._terms)
            {
                var rest = term.Symbols.ToList();
                if (term.Factor % divisor.Factor != 0 || !divisor.Symbols.All(rest.Remove))
                    break;
                quotient.Add(new Term(term.Factor / divisor.Factor, rest.ToEquatableArray()));
            }

            if (quotient.Count == a._terms.Count)
                return new(quotient);
        }

        return Symbol(PrintDivision(a, b, static name => name));
    }

    /// <summary>The quotient is not a whole number for any values of the symbols.</summary>
    public static bool NeverDivides(Size a, Size b) =>
        a._terms.Count == 1 && b._terms.Count == 1 && a._terms[0].Symbols == b._terms[0].Symbols && a._terms[0].Factor % b._terms[0].Factor != 0;

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
    public string Print(Func<string, string> name)
    {
        if (_terms.Count == 0)
            return "0";
        var text = new StringBuilder();
        foreach (var term in _terms)
        {
            var factor = Math.Abs(term.Factor);
            if (text.Length > 0)
                text.Append(term.Factor < 0 ? " - " : " + ");
            else if (term.Factor < 0)
                text.Append('-');
            var parts = term.Symbols.Select(symbol => DivisionOf(symbol) is var (a, b) ? PrintDivision(a, b, name) : name(symbol)).ToList();
            if (factor != 1 || parts.Count == 0)
                parts.Insert(0, factor.ToString(CultureInfo.InvariantCulture));
            text.Append(string.Join("*", parts));
        }

        return text.ToString();
    }

    /// <summary>The value for given values of the symbols.</summary>
    public long Evaluate(Func<string, long> valueOf) =>
        _terms.Sum(term => term.Symbols.Aggregate(
            term.Factor,
            (product, symbol) => product * (DivisionOf(symbol) is var (a, b) ? a.Evaluate(valueOf) / b.Evaluate(valueOf) : valueOf(symbol))));

    // Parentheses keep the meaning: (Hidden + 1) / Heads, Hidden / (2*Heads).
    private static string PrintDivision(Size a, Size b, Func<string, string> name)
    {
        var (left, right) = (a.Print(name), b.Print(name));
        if (a._terms.Count > 1)
            left = $"({left})";
        if (b._terms.Count > 1 || (b._terms.Count == 1 && b._terms[0] is var term && term.Symbols.Count + (term.Factor == 1 ? 0 : 1) > 1))
            right = $"({right})";
        return $"({left} / {right})";
    }

    /// <summary>Cancels divisions that are multiplied by their divisor.</summary>
    private static IEnumerable<Term> Cancel(long factor, IEnumerable<string> symbols)
    {
        var all = symbols.OrderBy(static name => name, StringComparer.Ordinal).ToList();
        foreach (var division in all.Where(static symbol => symbol[0] == '('))
        {
            var (dividend, divisor) = DivisionOf(division)!.Value;
            if (divisor._terms.Count != 1 || factor % divisor._terms[0].Factor != 0)
                continue;
            var rest = all.ToList();
            rest.Remove(division);
            if (divisor._terms[0].Symbols.All(rest.Remove))
                return (dividend * new Size([new Term(factor / divisor._terms[0].Factor, rest.ToEquatableArray())]))._terms;
        }

        return [new Term(factor, all.ToEquatableArray())];
    }

    /// <summary>The operands of a symbol that is a division; null for a name.</summary>
    private static (Size Left, Size Right)? DivisionOf(string symbol)
    {
        if (symbol[0] != '(')
            return null;
        var depth = 0;
        for (var i = 1; i < symbol.Length; i++)
        {
            depth += symbol[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (symbol[i] == '/' && depth == 0)
                return (SizeParser.Parse(symbol.Substring(1, i - 1)), SizeParser.Parse(symbol.Substring(i + 1, symbol.Length - i - 2)));
        }

        throw new FormatException($"'{symbol}' is not a division");
    }
}
