using System.Diagnostics;
using Xunit;

namespace Cambium.Cli.Tests;

/// <summary>The tool as a process: what only real streams show.</summary>
public sealed class ProcessTests
{
    private static readonly string Model = Path.Combine(Repository.Root, "examples", "Quickstart", "model");
    private static readonly string ToolFile = typeof(Tool).Assembly.Location;

    [Fact]
    public async Task A_closed_standard_input_is_an_error()
    {
        var (code, output, error) = await Shell("$TOOL run $MODEL --prompt - <&-");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("Standard input is closed.", error, StringComparison.Ordinal);
        Assert.Equal(0, (await Shell("$TOOL chat $MODEL --template $TEMPLATE <&-")).Code);
    }

    [Fact]
    public async Task A_closed_output_takes_nothing()
    {
        Assert.Equal(0, (await Shell("$TOOL run $MODEL --prompt a --max-tokens 2 2>&-")).Code);
        Assert.Equal(0, (await Shell("$TOOL run $MODEL --prompt a --max-tokens 2 >&-")).Code);
        Assert.Equal(0, (await Shell("$TOOL inspect $MODEL >&- 2>&-")).Code);
    }

    [Fact]
    public async Task A_folder_as_standard_input_is_an_error()
    {
        var (code, _, error) = await Shell("$TOOL run $MODEL --prompt - < /");
        Assert.Equal(1, code);
        Assert.Contains("Standard input cannot be read (Is a directory)", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tool_ends_when_its_reader_has_ended()
    {
        // The answer would have thousands of tokens.
        var (_, output, error) = await Shell("($TOOL run $MODEL --prompt 'Tom works' --max-tokens 4000; echo code $? >&2) | head -c 20");
        Assert.Equal(20, output.Length);
        Assert.Equal("code 141", error.Trim());
    }

    [Theory]
    [InlineData("\\xef\\xbb\\xbfTom works")]
    [InlineData("\\xff\\xfeT\\x00o\\x00m\\x00 \\x00w\\x00o\\x00r\\x00k\\x00s\\x00")]
    [InlineData("\\xfe\\xff\\x00T\\x00o\\x00m\\x00 \\x00w\\x00o\\x00r\\x00k\\x00s")]
    public async Task A_byte_order_mark_is_not_part_of_the_prompt(string bytes)
    {
        var plain = await ToolRun.Of("run", Model, "--prompt", "Tom works", "--max-tokens", "6");
        Assert.Equal((0, plain.Out), (await Shell($"printf '{bytes}' | $TOOL run $MODEL --prompt - --max-tokens 6")) is var (code, output, _)
            ? (code, output) : default);
    }

    [Theory]
    [InlineData("run $MODEL --prompt - --max-tokens 6")]
    [InlineData("chat $MODEL --template $TEMPLATE --max-tokens 6")]
    public async Task Bytes_that_are_not_UTF8_are_refused(string command)
    {
        var (code, _, error) = await Shell($"printf 'Tom \\xff works\\n' | $TOOL {command}");
        Assert.Equal(1, code);
        Assert.Contains("standard input: is not valid UTF-8 (bytes FF)", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Out, string Error)> Shell(string script)
    {
        using var folder = new TemporaryFolder();
        var template = folder.Write("template.jinja", "{% for message in messages %}{{ message.content }}{% endfor %}");
        var text = script.Replace("$TOOL", $"dotnet '{ToolFile}'").Replace("$MODEL", $"'{Model}'").Replace("$TEMPLATE", $"'{template}'");
        using var process = Process.Start(
            new ProcessStartInfo("bash", ["-c", text]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await error);
    }
}
