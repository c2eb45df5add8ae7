using System.Text.RegularExpressions;
using Cambium.Constraints;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Constraints;

public class RegexTests
{
    private static readonly Gen<string> Texts = Gen.OneOf(Gen.String[Gen.Char["ab0_- é"], 0, 8], Gen.String[Gen.Char["ab"], 0, 6]);

    private static readonly Gen<string> Expressions = Gen.Recursive<string>((depth, inner) => depth > 3
        ? AnyOf(
            "a", "b", "0", ".", "\\d", "\\w", "\\s", "\\W", "\\D", "[ab]", "[^a]", "[a-b0]", "[^\\d]", "[\\w-]", "\\-", "é", "\\x61", "\\u00e9", "")
        : Gen.OneOf(
            inner,
            Gen.Select(inner, inner, static (a, b) => a + b),
            Gen.Select(inner, inner, static (a, b) => $"(?:{a}|{b})"),
            Gen.Select(inner, inner, static (a, b) => $"{a}|{b}"),
            Gen.Select(inner, AnyOf("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?"), static (a, q) => $"({a}){q}")));

    private static Gen<string> AnyOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    /// <summary>
    /// .NET's regex in its nonbacktracking mode, because backtracking takes exponential time on nested loops. This mode does not support the
    /// ECMAScript option, so the classes are spelled out.
    /// </summary>
    private static Regex Platform(string expression)
    {
        foreach (var (name, members) in ((string, string)[])[("d", "0-9"), ("w", "a-zA-Z0-9_"), ("s", " \\f\\n\\r\\t\\v")])
        {
            expression = expression.Replace($"[^\\{name}]", $"[^{members}]").Replace($"[\\{name}-]", $"[{members}-]")
                .Replace($"\\{name}", $"[{members}]").Replace($"\\{name.ToUpperInvariant()}", $"[^{members}]");
        }
        return new Regex($"^(?:{expression})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    [Fact]
    public void Acceptance_equals_a_match_of_NET_regex() =>
        Gen.Select(Expressions, Texts.Array[12]).Sample((expression, texts) =>
    {
        var walker = new Walker(Constraint.Regex(expression));
        var reference = Platform(expression);
        foreach (var text in texts)
            Assert.True(reference.IsMatch(text) == walker.Accepts(text), $"{expression} on '{text}'");
    });

    [Fact]
    public void Generated_text_matches() => Gen.Select(Expressions, Gen.Int).Sample((expression, seed) =>
    {
        var walker = new Walker(Constraint.Regex(expression));
        var (text, _) = walker.Write(new Random(seed), 12);
        // .NET's dot and negated classes match half of a character beyond U+FFFF.
        if (!text.Any(char.IsSurrogate))
            Assert.Matches(Platform(expression), text);
    });

    [Fact]
    public void Masks_agree_with_bytes() =>
        Gen.Select(Expressions, Gen.Int).Sample((expression, seed) => new Walker(Constraint.Regex(expression)).CheckMasks(new Random(seed), 4));

    [Fact]
    public void Anchors_at_the_ends_have_no_effect()
    {
        var walker = new Walker(Constraint.Regex("^ab$|^c|d$"));
        Assert.All((string[])["ab", "c", "d"], text => Assert.True(walker.Accepts(text)));
        Assert.False(walker.Accepts("cx"));
    }

    [Theory]
    [InlineData("(a)\\1", "\\1")]
    [InlineData("(?=a)b", "(?=")]
    [InlineData("(?!a)b", "(?!")]
    [InlineData("(?<=a)b", "(?<=")]
    [InlineData("(?<!a)b", "(?<!")]
    [InlineData("(?>a)b", "(?>")]
    [InlineData("(?i)a", "(?i")]
    [InlineData("\\bword", "\\b")]
    [InlineData("\\p{L}", "\\p")]
    [InlineData("a++", "+")]
    [InlineData("a^b", "^")]
    [InlineData("(a$)", "$")]
    [InlineData("\\k<name>", "\\k")]
    [InlineData("\\Aa", "\\A")]
    [InlineData("[[:alpha:]]", "[:")]
    public void Unsupported_parts_are_named(string expression, string construct)
    {
        var error = Assert.Throws<ConstraintException>(() => Constraint.Regex(expression));
        Assert.Equal(construct, error.Keyword);
        Assert.Contains($"'{construct}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData("a**")]
    [InlineData("a{2,1}")]
    [InlineData("[b-a]")]
    [InlineData("a\\")]
    [InlineData("\\x1")]
    [InlineData("[^\\s\\S]")]
    public void Malformed_and_empty_expressions_are_refused(string expression) =>
        Assert.Throws<ConstraintException>(() => Constraint.Regex(expression));

    [Theory]
    [InlineData("((a{1000}){1000}){1000}")]
    [InlineData("(((((){10000}){10000}){10000}){10000}){10000}")]
    [InlineData("a{99999999999}")]
    public void Large_counts_are_refused_without_building_states(string expression) =>
        Assert.Throws<ConstraintException>(() => Constraint.Regex(expression));

    /// <summary>As in .NET, PCRE and RE2.</summary>
    [Theory]
    [InlineData("[^]a]", "b|-", "]|a")]
    [InlineData("[]a]", "]|a", "b|^")]
    [InlineData("a[^]b]c", "axc|a-c", "a]c|abc")]
    [InlineData("[]]", "]", "[")]
    [InlineData("[]-a]", "]|^|_|`|a", "b|-")]
    [InlineData("[^]-a]", "b|-", "]|^")]
    [InlineData("[]\\]]", "]", "\\")]
    public void A_bracket_at_the_beginning_of_a_class_is_a_character(string expression, string accepted, string refused)
    {
        var walker = new Walker(Constraint.Regex(expression));
        Assert.All(accepted.Split('|'), text => Assert.True(walker.Accepts(text) && Platform(expression).IsMatch(text), text));
        Assert.All(refused.Split('|'), text => Assert.False(walker.Accepts(text) || Platform(expression).IsMatch(text), text));
    }

    /// <summary>As in ECMAScript, which JSON Schema refers to.</summary>
    [Fact]
    public void The_pattern_of_a_schema_has_an_empty_class()
    {
        Assert.True(new Walker(Constraint.JsonSchema("""{"type":"string","pattern":"^[^]$"}""")).Accepts("\"]\""));
        Assert.Throws<ConstraintException>(() => Constraint.JsonSchema("""{"type":"string","pattern":"^[]$"}"""));
        Assert.Throws<ConstraintException>(() => Constraint.Regex("[]"));
        Assert.Throws<ConstraintException>(() => Constraint.Regex("[^]"));
    }

    [Fact]
    public void Deep_and_long_expressions_are_refused()
    {
        Assert.Throws<ConstraintException>(() => Constraint.Regex(new string('(', 50_000)));
        Assert.Throws<ConstraintException>(() => Constraint.Regex(new string('a', RegexParser.MaxLength + 1)));
        Constraint.Regex(new string('{', 60_000));
    }

    [Fact]
    public void Any_text_compiles_or_is_refused() =>
        Gen.OneOf(Gen.String[Gen.Char["ab(){}[]|*+?^$\\.-,:<=!0159dDwWsSuxbkp"], 0, 20], Gen.String).Sample(expression =>
    {
        try
        {
            new Walker(Constraint.Regex(expression)).Write(new Random(1), 10);
        }
        catch (ConstraintException)
        {
        }
    });

    [Fact]
    public void Sequences_continue_after_states_are_evicted()
    {
        var walker = new Walker(Constraint.Regex("([ab]*a[ab]{6}c)*"), maxBytes: 10_000);
        for (var seed = 0; seed < 20; seed++)
            Assert.Matches("^([ab]*a[ab]{6}c)*$", walker.Write(new Random(seed), 40).Text);
    }

    [Fact]
    public void Byte_ranges_match_exactly_the_code_points() =>
        Gen.Select(Gen.Int[0, 0x10FFFF], Gen.Int[0, 0x10FFFF], Gen.Int[0, 0x10FFFF].Array[20]).Sample((a, b, others) =>
    {
        var (first, last) = (Math.Min(a, b), Math.Max(a, b));
        var ranges = Utf8Ranges.Of(CodePoints.Of((first, last))).ToArray();
        foreach (var c in (int[])[.. others, first, last, Math.Max(0, first - 1), Math.Min(last + 1, 0x10FFFF)])
        {
            if (c is >= 0xD800 and <= 0xDFFF)
                continue;
            var bytes = System.Text.Encoding.UTF8.GetBytes(char.ConvertFromUtf32(c));
            var spelled =
                ranges.Count(range =>
                    range.Length == bytes.Length
                        && range.Zip(bytes).All(static pair => pair.Second >= pair.First.First && pair.Second <= pair.First.Last));
            Assert.Equal(c >= first && c <= last ? 1 : 0, spelled);
        }
    });
}
