namespace Cambium.Examples.Tests;

public sealed class ChatTests
{
    [Fact]
    public async Task The_chat_client_answers_the_question()
    {
        var run = await ExampleRun.Start("Chat");
        Assert.True(run.ExitCode == 0, $"Exit code {run.ExitCode}.\n{run.Output}\n{run.Error}");
        Assert.Equal("red", run.Output.Trim());
    }
}
