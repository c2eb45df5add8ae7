using System.Globalization;
using System.Text.RegularExpressions;

namespace Cambium.Examples.Tests;

public sealed partial class YourModelTests
{
    [Fact]
    public async Task A_new_class_gives_the_same_tokens_alone_and_in_a_batch()
    {
        var run = await ExampleRun.Start("YourModel");

        Assert.True(run.ExitCode == 0, $"Exit code {run.ExitCode}.\n{run.Output}\n{run.Error}");
        Assert.Contains("alone and together: the same tokens", run.Lines);
        var counts = Counts().Match(run.Output);
        Assert.True(counts.Success, run.Output);
        // Eight requests share 200 tokens, so seven of them find these in the KV cache.
        Assert.Equal(7 * 200, int.Parse(counts.Groups["cached"].Value, CultureInfo.InvariantCulture));
        Assert.Equal(8 * 201, int.Parse(counts.Groups["computed"].Value, CultureInfo.InvariantCulture) + (7 * 200));
    }

    [GeneratedRegex(@"together: (?<computed>\d+) prompt tokens computed, (?<cached>\d+) cached")]
    private static partial Regex Counts();
}
