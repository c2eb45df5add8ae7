using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

public class CanonicalFormTests
{
    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("e\u0323\u0302", "\u1EC7")]
    [InlineData("e\u0302\u0323", "\u1EC7")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\uFB01", "\uFB01")]
    [InlineData("a\u0315\u0300", "\u00E0\u0315")]
    [InlineData("\u0344", "\u0308\u0301")]
    public void Composing_follows_the_standard(string text, string expected) => Assert.Equal(expected, CanonicalForm.Compose(text));

    [Theory]
    [InlineData("\u1EC7", "e\u0323\u0302")]
    [InlineData("\uD55C", "\u1112\u1161\u11AB")]
    [InlineData("\u01D5", "U\u0308\u0304")]
    public void Decomposing_follows_the_standard(string text, string expected) => Assert.Equal(expected, CanonicalForm.Decompose(text));

    [Fact]
    public void Composing_twice_changes_nothing_for_any_character()
    {
        for (int point = 0; point < 0x110000; point++)
        {
            if (point is >= 0xD800 and <= 0xDFFF)
                continue;
            string once = CanonicalForm.Compose(char.ConvertFromUtf32(point));
            Assert.Equal(once, CanonicalForm.Compose(once));
            Assert.Equal(once, CanonicalForm.Compose(CanonicalForm.Decompose(once)));
        }
    }
}
