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
}
