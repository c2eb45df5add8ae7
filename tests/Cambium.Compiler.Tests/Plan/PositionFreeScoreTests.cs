using Cambium.Compiler.Kernels;
using Cambium.Compiler.Plan;
using Xunit;

namespace Cambium.Tests.Plan;

/// <summary>Scores of keys without a position.</summary>
public class PositionFreeScoreTests
{
    [Theory]
    // ALiBi, a table of biases, a soft cap, both, decay, a window, and the order of operands.
    [InlineData("(sub score (mul #3[head] (sub query key)))", "score")]
    [InlineData("(add #3[(sub query key), head] score)", "score")]
    [InlineData("(mul @Cap (tanh (div score @Cap)))", "(mul @Cap (tanh (div score @Cap)))")]
    [InlineData("(add (mul @Cap (tanh (div score @Cap))) #3[(sub query key), head])", "(mul @Cap (tanh (div score @Cap)))")]
    [InlineData("(mul score (exp (sub key query)))", "score")]
    [InlineData("(div score (add 1 (sub query key)))", "score")]
    [InlineData("(div (sub query key) score)", "(div 1.0 score)")]
    [InlineData("(sub (sub query key) score)", "(sub 0.0 score)")]
    [InlineData("(where (is_less (sub query key) 8) score -1000)", "score")]
    [InlineData("(where (is_less (sub query key) 8) -1000 score)", "score")]
    [InlineData("(where (is_less (sub query key) 8) (mul 2 score) score)", "(mul 2.0 score)")]
    [InlineData("(max score (sub key query))", "score")]
    [InlineData("(add score #3[head])", "(add score #3[head])")]
    [InlineData("(sub key query)", "0.0")]
    public void A_part_that_depends_on_a_position_becomes_the_neutral_element(string score, string expected) =>
        Assert.Equal(expected, PositionFreeScore.Of(ScalarParser.Parse(score, static _ => throw new InvalidOperationException())!).ToString());
}
