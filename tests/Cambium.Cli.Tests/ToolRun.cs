namespace Cambium.Cli.Tests;

/// <summary>The result of one command line.</summary>
internal sealed record ToolRun(int ExitCode, string Out, string Error)
{
    /// <summary>Runs the tool in this process, through the entry point of the program.</summary>
    public static Task<ToolRun> Of(params string[] arguments) => WithInput("", arguments);

    public static async Task<ToolRun> WithInput(string input, string[] arguments, CancellationToken cancellation = default)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Tool.RunAsync(arguments, new Terminal(new StringReader(input), output, error, Interactive: false), cancellation);
        return new ToolRun(code, output.ToString(), error.ToString());
    }
}
