using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

public class StopStringsTests
{
    [Fact]
    public void Text_is_released_once_no_stop_string_can_match()
    {
        var stops = new StopStrings(["END"]);
        Assert.Equal("ab", stops.Append("abE"));
        Assert.Equal("", stops.Append("N"));
        Assert.Equal("ENX", stops.Append("X"));
        Assert.Equal("y", stops.Append("yEN"));
        Assert.Equal("", stops.Append("D and more"));
        Assert.True(stops.Stopped);
        Assert.Equal("", stops.Append("nothing"));
        Assert.Equal("", stops.Rest());
    }

    [Fact]
    public void Held_text_is_released_at_the_end()
    {
        var stops = new StopStrings(["END"]);
        Assert.Equal("a", stops.Append("aEN"));
        Assert.Equal("EN", stops.Rest());
    }

    [Fact]
    public void An_empty_stop_string_is_refused() => Assert.Throws<RequestRefusedException>(() => new StopStrings([""]));

    [Fact]
    public void Pieces_give_the_result_of_the_whole_text()
    {
        var letters = Gen.Char["ab"];
        Gen.Select(Gen.String[letters, 0, 30], Gen.String[letters, 1, 4].Array[1, 3], Gen.Int[1, 5].Array[30]).Sample((text, stop, cuts) =>
        {
            var stops = new StopStrings(stop);
            var seen = "";
            for (int at = 0, i = 0; at < text.Length && !stops.Stopped; i++)
            {
                var piece = text.Substring(at, Math.Min(cuts[i], text.Length - at));
                seen += stops.Append(piece);
                at += piece.Length;
            }

            seen += stops.Rest();
            var ends = stop.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).ToArray();
            // With pieces, a stop string can match before an earlier, longer one is complete. With the whole text, the earlier one matches.
            if (ends.Length == 0)
                Assert.Equal(text, seen);
            else
                Assert.True(stops.Stopped && text.StartsWith(seen, StringComparison.Ordinal) && stop.Any(s => text.AsSpan(seen.Length).StartsWith(s))
                    && !stop.Any(seen.Contains));
        });
    }

    [Fact]
    public void The_stop_string_that_ends_first_counts_for_every_division_into_pieces()
    {
        var letters = Gen.Char["ab"];
        Gen.Select(Gen.String[letters, 0, 30], Gen.String[letters, 1, 5].Array[1, 4], Gen.Int[1, 5].Array[30]).Sample((text, stop, cuts) =>
        {
            var ends = from end in Enumerable.Range(1, text.Length)
                       from found in stop
                       where text.AsSpan(0, end).EndsWith(found)
                       orderby end, found.Length descending
                       select text[..(end - found.Length)];
            Assert.Equal(ends.FirstOrDefault(text), Passed(text, stop, cuts));
        });
    }

    [Fact]
    public void A_name_of_a_special_token_in_a_stop_string_matches_the_token()
    {
        var stops = new StopStrings(["<pad>", "ab<end>c"]);
        Assert.Equal("x", stops.Append("x"));
        Assert.Equal("", stops.AppendSpecial("<pad>"));
        Assert.True(stops.Stopped);

        stops = new StopStrings(["<pad>", "ab<end>c"]);
        Assert.Equal("x", stops.Append("xa"));
        Assert.Equal("", stops.Append("b"));
        Assert.Equal("", stops.AppendSpecial("<end>"));
        Assert.False(stops.Stopped);
        Assert.Equal("", stops.Append("c"));
        Assert.True(stops.Stopped);

        // Another token between the parts: text that is left over passes, and the token is not part of it.
        stops = new StopStrings(["ab<end>c"]);
        Assert.Equal("", stops.Append("ab"));
        Assert.Equal("", stops.AppendSpecial("<pad>"));
        Assert.Equal("ab", stops.Append("ab"));
        Assert.Equal("", stops.AppendSpecial("<end>"));
        Assert.Equal("abd", stops.Append("d"));
        Assert.False(stops.Stopped);
    }

    [Fact]
    public void Special_tokens_do_not_hide_a_stop_string_of_text()
    {
        var stops = new StopStrings(["ab", "b<pad>x"]);
        Assert.Equal("", stops.Append("a"));
        Assert.Equal("", stops.AppendSpecial("<end>"));
        Assert.Equal("", stops.Append("b"));
        Assert.True(stops.Stopped);
        Assert.Equal("", stops.Rest());
    }

    [Fact]
    public void Stop_strings_with_names_match_as_in_the_text_with_names()
    {
        // Capitals are special tokens: they are part of the text that is searched, and not of the text that passes.
        Gen.Select(Gen.String[Gen.Char["abAB"], 0, 30], Gen.String[Gen.Char["abAB"], 1, 5].Array[1, 4]).Sample((text, stop) =>
        {
            var stops = new StopStrings(stop);
            var seen = string.Concat(text.Select(static letter => letter.ToString())
                .Select(letter => char.IsUpper(letter[0]) ? stops.AppendSpecial(letter) : stops.Append(letter)));
            seen += stops.Rest();
            var (expected, stopped) = (Visible(text), false);
            for (var end = 1; end <= text.Length && !stopped; end++)
            {
                // A stop string matches the text with names, or the text alone.
                var (whole, plain) = (text[..end], Visible(text[..end]));
                var cut = stop.Select(found => whole.EndsWith(found, StringComparison.Ordinal) ? Visible(found).Length
                    : char.IsLower(text[end - 1]) && plain.EndsWith(found, StringComparison.Ordinal) ? found.Length : -1).Max();
                stopped = cut >= 0;
                expected = stopped ? plain[..(plain.Length - cut)] : expected;
            }

            Assert.Equal((expected, stopped), (seen, stops.Stopped));
        });

        static string Visible(string text) => string.Concat(text.Where(char.IsLower));
    }

    [Fact]
    public void Long_stop_strings_cost_constant_time_per_character()
    {
        // A search that begins again at each character would compare 64 * 256 * 200,000 * 256 / 2 characters.
        var stops = new StopStrings([.. Enumerable.Range(0, 64).Select(static i => new string('a', 255) + (char)(0x100 + i))]);
        var passed = 0;
        for (var i = 0; i < 200_000; i++)
            passed += stops.Append("a").Length;
        Assert.Equal(200_000, passed + stops.Rest().Length);
    }

    [Fact]
    public void Half_of_a_character_is_refused_as_a_stop_string() =>
        Assert.Contains("Stop[1]", Assert.Throws<RequestRefusedException>(static () => new StopStrings(["a", "b\uDE00"])).Message);

    private static string Passed(string text, string[] stop, int[] cuts)
    {
        var stops = new StopStrings(stop);
        var seen = "";
        for (int at = 0, i = 0; at < text.Length && !stops.Stopped; i++)
        {
            var piece = text.Substring(at, Math.Min(cuts[i], text.Length - at));
            seen += stops.Append(piece);
            at += piece.Length;
        }

        return seen + stops.Rest();
    }
}
