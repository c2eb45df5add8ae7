using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;
using CsCheck;
using Size = Cambium.Compiler.Types.Size;

namespace Cambium.Compiler.Tests.Graph;

public class SizeTests
{
    private static readonly string[] Names = ["Heads", "Hidden", "T", "_x1"];

    // A size, its value computed without the class under test, and its text.
    private sealed record Sample(Size Size, Func<long[], long> Value, string Text = "");

    private static readonly Gen<Sample> Leaf = Gen.OneOf(
        Gen.Long[-9, 9].Select(static value => new Sample(Size.Constant(value), _ => value)),
        Gen.Int[0, 3].Select(static name => new Sample(Size.Symbol(Names[name]), values => values[name])));

    private static readonly Gen<Sample> Samples = Gen.Recursive<Sample>((depth, inner) => depth > 3 ? Leaf : Gen.OneOf(
        Leaf,
        Gen.Select(inner, inner, Gen.Int[0, 2], static (a, b, op) => op switch
        {
            0 => new Sample(a.Size + b.Size, values => a.Value(values) + b.Value(values)),
            1 => new Sample(a.Size - b.Size, values => a.Value(values) - b.Value(values)),
            _ => new Sample(a.Size * b.Size, values => a.Value(values) * b.Value(values)),
        })));

    // Sizes with divisions. Tests do not evaluate them, because a divisor may be zero.
    private static readonly Gen<Size> Quotients = Gen.Recursive<Size>((depth, inner) => depth > 3 ? Leaf.Select(static leaf => leaf.Size) : Gen.OneOf(
        Leaf.Select(static leaf => leaf.Size),
        Gen.Select(inner, inner, Gen.Int[0, 3], static (a, b, op) => op switch { 0 => a + b, 1 => a - b, 2 => a * b, _ => a / b })));

    // Expressions of C#, with divisions. The value throws where C# throws.
    private static readonly Gen<Sample> Expressions = Gen.Recursive<Sample>((depth, inner) => depth > 3 ? Spelled : Gen.OneOf(
        Spelled,
        Gen.Select(inner, inner, Gen.Int[0, 3], static (a, b, op) => op switch
        {
            0 => new Sample(a.Size + b.Size, values => checked(a.Value(values) + b.Value(values)), $"({a.Text} + {b.Text})"),
            1 => new Sample(a.Size - b.Size, values => checked(a.Value(values) - b.Value(values)), $"({a.Text} - {b.Text})"),
            2 => new Sample(a.Size * b.Size, values => checked(a.Value(values) * b.Value(values)), $"{a.Text} * {b.Text}"),
            _ => new Sample(a.Size / b.Size, values => a.Value(values) / b.Value(values), $"({a.Text} / ({b.Text}))"),
        })));

    private static Gen<Sample> Spelled => Gen.OneOf(
        Gen.Long[1, 20].Select(static value => new Sample(Size.Constant(value), _ => value, $"{value}")),
        Gen.Int[0, 3].Select(static name => new Sample(Size.Symbol(Names[name]), values => values[name], Names[name])));

    private static readonly Gen<long[]> Bindings = Gen.Long[-5, 5].Array[4];

    [Fact]
    public void Size_arithmetic_equals_arithmetic_of_values() =>
        Gen.Select(Samples, Bindings).Sample(static (sample, values) => Evaluate(sample.Size, values) == sample.Value(values));

    [Fact]
    public void Division_truncates_as_in_CSharp() =>
        Gen.Select(Expressions, Gen.Long[1, 50].Array[4]).Sample(
            static (sample, values) =>
            {
                long expected;
                try
                {
                    expected = sample.Value(values);
                }
                catch (Exception error) when (error is DivideByZeroException or OverflowException)
                {
                    return;
                }

                Assert.Equal(expected, Evaluate(sample.Size, values));
                Assert.Equal(expected, Evaluate(SizeParser.Parse(sample.Text), values));
                Assert.Equal(expected, Evaluate(SizeParser.Parse(sample.Size.ToString()), values));
            },
            iter: 3000);

    [Theory]
    [InlineData("10 * (Hidden / 2)", 5, 20)]
    [InlineData("Hidden / 2 + Hidden / 2", 5, 4)]
    [InlineData("Hidden / 2 * 2", 5, 4)]
    [InlineData("(8 * Hidden / 3 + 15) / 16 * 16", 24, 64)]
    [InlineData("7 / 2 * Hidden", 3, 9)]
    [InlineData("-7 / 2 * Hidden", 3, -9)]
    public void A_quotient_does_not_cancel_with_its_divisor(string text, long hidden, long value) =>
        Assert.Equal(value, SizeParser.Parse(text).Evaluate(_ => hidden));

    [Theory]
    [InlineData("Heads * (Hidden / Heads)", "Hidden")]
    [InlineData("Hidden / 2 + Hidden / 2", "Hidden")]
    [InlineData("3 * (Hidden / 2) - Hidden / 2", "Hidden")]
    [InlineData("10 * (Hidden / 2)", "5*Hidden")]
    public void An_exact_quotient_cancels_with_its_divisor(string text, string cancelled)
    {
        var size = SizeParser.Parse(text);

        Assert.Equal(cancelled, size.WithExact(static _ => true).ToString());
        Assert.Equal(size, size.WithExact(static _ => false));
        Assert.True(Size.AgreeIfExact(size, SizeParser.Parse(cancelled)));
        Assert.NotEqual(size, SizeParser.Parse(cancelled));
    }

    [Theory]
    [InlineData("2 * Heads * Hidden - Heads / 2 + 1", "2L*s.Heads*s.Hidden - ((long)s.Heads / 2L) + 1L")]
    [InlineData("Heads * Hidden", "(long)s.Heads*s.Hidden")]
    [InlineData("Heads - Heads", "0L")]
    public void A_long_expression_begins_every_product_in_64_bits(string text, string printed) =>
        Assert.Equal(printed, SizeParser.Parse(text).PrintLong(static name => "s." + name));

    [Fact]
    public void A_value_above_64_bits_is_an_error()
    {
        var size = SizeParser.Parse("Heads * Heads * Heads");
        Assert.Throws<OverflowException>(() => size.Evaluate(static _ => 1L << 28));
        Assert.Throws<DivideByZeroException>(() => SizeParser.Parse("Heads / (Hidden - 3)").Evaluate(static _ => 3));
        Assert.Null(SizeParser.TryParse("9000000000000000000 * 2 * Heads", Size.Symbol, out string? error));
        Assert.Contains("does not fit into 64 bits", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_are_a_commutative_ring() =>
        Gen.Select(Samples, Samples, Samples).Sample(static (x, y, z) =>
        {
            var (a, b, c) = (x.Size, y.Size, z.Size);
            return a + b == b + a && a * b == b * a
                && a + (b + c) == a + b + c && a * (b * c) == a * b * c
                && a * (b + c) == (a * b) + (a * c)
                && a - a == Size.Constant(0) && a * Size.One == a && a + Size.Constant(0) == a
                && (a * b).GetHashCode() == (b * a).GetHashCode();
        });

    [Fact]
    public void A_product_divided_by_a_single_term_is_exact() =>
        Gen.Select(Samples, Gen.Long[1, 9], Gen.Int[0, 3]).Sample(static (sample, factor, name) =>
        {
            var divisor = Size.Constant(factor) * Size.Symbol(Names[name]);
            return sample.Size * divisor / divisor == sample.Size;
        });

    [Fact]
    public void A_printed_size_reads_back_as_the_same_size() =>
        Quotients.Sample(static size => SizeParser.Parse(size.ToString()) == size, print: static size => size.ToString());

    [Theory]
    [InlineData("(Hidden + 1) / Heads", "((Hidden + 1) / Heads)", 3)]
    [InlineData("Hidden / (2 * Heads)", "(Hidden / (2*Heads))", 1)]
    [InlineData("Hidden / Heads / 2", "((Hidden / Heads) / 2)", 1)]
    [InlineData("2 * (Hidden / Heads)", "2*(Hidden / Heads)", 4)]
    [InlineData("Hidden / 2 + Hidden / 2", "2*(Hidden / 2)", 8)]
    [InlineData("3 * (Hidden / 2) - Hidden / 2", "2*(Hidden / 2)", 8)]
    [InlineData("Hidden * Heads / Heads", "Hidden", 8)]
    [InlineData("-Hidden + 3", "-Hidden + 3", -5)]
    public void Divisions_print_needed_parentheses_and_round_towards_zero(string text, string printed, long value)
    {
        var size = SizeParser.Parse(text);
        Assert.Equal(printed, size.ToString());
        Assert.Equal(value, size.Evaluate(static name => name == "Hidden" ? 8 : 3));
        var renamed = printed.Replace("Hidden", "h", StringComparison.Ordinal).Replace("Heads", "n", StringComparison.Ordinal);
        Assert.Equal(renamed, size.Print(static name => name == "Hidden" ? "h" : "n"));
        Assert.All(size.Symbols, static name => Assert.Contains(name, Names));
    }

    [Theory]
    [InlineData("", "a name or an integer is expected")]
    [InlineData("A +", "a name or an integer is expected at position 4")]
    [InlineData("(A", "a ')' is missing")]
    [InlineData("A B", "unexpected 'B'")]
    [InlineData("A $", "unexpected '$'")]
    [InlineData("12a", "'12a' is not an integer")]
    [InlineData("Nothing", "'Nothing' is not a dim")]
    public void An_invalid_size_is_refused_with_a_reason(string text, string reason)
    {
        Assert.Null(SizeParser.TryParse(text, static name => name == "Nothing" ? null : Size.Symbol(name), out string? error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_is_split_only_outside_of_parentheses() =>
        Assert.Equal(["A", "(B, C)", "D + 1"], SizeParser.SplitList(" A, (B, C) ,D + 1"));

    [Fact]
    public void Arrays_with_equal_elements_are_equal() =>
        Gen.Select(Gen.Int[0, 2].Array[0, 4], Gen.Int[0, 2].Array[0, 4]).Sample(static (a, b) =>
        {
            var (x, y) = (a.ToEquatableArray(), b.ToEquatableArray());
            bool equal = a.SequenceEqual(b);
            return x.Equals(y) == equal && (x == y) == equal && (x != y) == !equal
                && (!equal || x.GetHashCode() == y.GetHashCode())
                && x.SequenceEqual(a);
        });

    [Fact]
    public void The_default_array_is_empty()
    {
        EquatableArray<string> array = default;
        Assert.Equal(EquatableArray<string>.Empty, array);
        Assert.Empty(array);
        Assert.Equal(EquatableArray<string>.Empty.GetHashCode(), array.GetHashCode());
    }

    private static long Evaluate(Size size, long[] values) => size.Evaluate(name => values[Array.IndexOf(Names, name)]);
}
