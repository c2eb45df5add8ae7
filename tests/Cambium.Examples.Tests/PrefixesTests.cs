namespace Cambium.Examples.Tests;

public sealed class PrefixesTests
{
    [Fact]
    public async Task Requests_stand_on_different_prefixes_in_one_batch()
    {
        var run = await ExampleRun.Start("Prefixes");
        Assert.True(run.ExitCode == 0, $"Exit code {run.ExitCode}.\n{run.Output}\n{run.Error}");
        Assert.Matches(@"towns:town=north +red +\d+ +yes", run.Output);
        Assert.Matches(@"towns:town=south +green +\d+ +yes", run.Output);
        Assert.Contains("rows \"towns:town=north\"", run.Output);
        Assert.DoesNotContain("NO", run.Output);
    }
}
