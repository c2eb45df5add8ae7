using System.Text.RegularExpressions;

namespace Cambium.Examples.Tests.Documentation;

public sealed partial class CommandTests
{
    private const string Tool = "src/Cambium.Cli";

    // Words may contain spaces.
    private const char Separator = '\u00a0';

    /// <summary>All <c>dotnet</c> commands in the code blocks of all pages, with continued lines joined.</summary>
    private static IReadOnlyList<(string Page, string[] Words)> Commands { get; } = [.. Documents.Pages.SelectMany(CommandsOf)];

    public static TheoryData<string> ToolCommands =>
        [
            .. Commands.Where(static command => IsOfTheTool(command.Words) && !command.Words.Any(IsPlaceholder))
                .Select(static command => string.Join(Separator, command.Words)).Distinct(),
        ];

    [Fact]
    public void Every_project_of_a_command_exists()
    {
        Assert.True(Commands.Count > 20, $"Only {Commands.Count} commands were found.");
        var missing =
            from command in Commands
            from path in Paths(command.Words)
            where !IsPlaceholder(path) && !Path.Exists(Repository.At(path))
            select $"{command.Page}: {string.Join(' ', command.Words)}";
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_example_has_a_command()
    {
        var shown = Commands.SelectMany(static command => Paths(command.Words)).ToHashSet(StringComparer.Ordinal);
        var examples = Directory.EnumerateDirectories(Repository.At("examples")).Select(static folder => $"examples/{Path.GetFileName(folder)}");
        Assert.All(examples, example => Assert.Contains(example, shown));
    }

    [Theory]
    [MemberData(nameof(ToolCommands))]
    public async Task A_command_of_the_tool_runs(string command)
    {
        using var folder = new TemporaryFolder();
        var words = command.Split(Separator);
        var arguments = words[(Array.IndexOf(words, "--") + 1)..];
        // Commands are written for the root of the repository. What they write goes to a temporary folder.
        if (Array.IndexOf(arguments, "--out") is >= 0 and var option)
            arguments[option + 1] = folder.At(arguments[option + 1]);
        var run = await ExampleRun.StartProject(Tool, arguments);
        Assert.True(run.ExitCode == 0, $"Exit code {run.ExitCode}.\n{run.Output}\n{run.Error}");
        Assert.NotEqual("", run.Output.Trim());
    }

    private static bool IsOfTheTool(string[] words) => words is ["dotnet", "run", ..] && words.Contains(Tool);

    private static bool IsPlaceholder(string word) =>
        word.Contains("path/to", StringComparison.Ordinal) || word.Contains('<', StringComparison.Ordinal);

    private static IEnumerable<string> Paths(string[] words) => words switch
    {
        ["dotnet", "run", ..] when Array.IndexOf(words, "--project") is > 0 and var option => [words[option + 1]],
        ["dotnet", "test" or "build" or "pack" or "publish", var path, ..] when path[0] != '-' => [path],
        ["bash", var path, ..] => [path],
        _ => [],
    };

    private static IEnumerable<(string Page, string[] Words)> CommandsOf(string page)
    {
        var text = string.Join('\n', Documents.Commands(page).Select(static line => line.Text)).Replace("\\\n", " ", StringComparison.Ordinal);
        foreach (var line in text.Split('\n').Select(static line => line.Trim()))
        {
            if (line.StartsWith("dotnet ", StringComparison.Ordinal) || line.StartsWith("bash ", StringComparison.Ordinal))
                yield return (page, [.. Words().Matches(line.Split(" #")[0]).Select(static word => word.Value.Trim('"', '\''))]);
        }
    }

    [GeneratedRegex("""'[^']*'|"[^"]*"|\S+""")]
    private static partial Regex Words();
}
