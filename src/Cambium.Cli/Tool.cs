using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Cambium.Checkpoints;
using Cambium.Cli.Commands;
using Cambium.Runtime;
using Cambium.Text.Templates;

namespace Cambium.Cli;

/// <summary>The tool without its process: arguments and streams go in, an exit code comes out.</summary>
internal static class Tool
{
    private const string Name = "cambium";

    /// <summary>Runs one command line. Never throws for what a user can mend: that is one line on <see cref="Terminal.Error"/>, and one more for each item of a list.</summary>
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellation = default)
    {
        // A prompt may begin with '@'; there are no response files here.
        var parsed = Root(terminal).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not (HelpAction or VersionAction))
        {
            foreach (var error in parsed.Errors)
                terminal.Error.WriteLine($"cambium: {OneLine(error.Message)}");
            terminal.Error.WriteLine($"Try 'cambium {(parsed.CommandResult.Command.Name == Name ? "" : parsed.CommandResult.Command.Name + " ")}--help'.");
            return ExitCode.Usage;
        }

        try
        {
            // A chat decides itself what Ctrl-C ends.
            TimeSpan? timeToEnd = parsed.CommandResult.Command.Name == ChatCommand.Name ? null : TimeSpan.FromSeconds(10);
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = timeToEnd },
                cancellation);
        }
        catch (OperationCanceledException)
        {
            terminal.Error.WriteLine("cambium: cancelled.");
            return ExitCode.Cancelled;
        }
        // What is written while a step runs fails inside the engine; the disk's own words say it better.
        catch (EngineFailedException error) when (error.InnerException is IOException cause)
        {
            terminal.Error.WriteLine($"cambium: {Lines(cause.Message)}");
            return ExitCode.Failure;
        }
        catch (Exception error) when (IsExpected(error))
        {
            terminal.Error.WriteLine($"cambium: {Lines(error.Message)}");
            return ExitCode.Failure;
        }
    }

    // No RootCommand: that one calls itself after the assembly, which cannot have the tool's name.
    private static Command Root(Terminal terminal) => new(Name, "Runs language models compiled by Cambium, and checks them against a reference.")
    {
        LogitsCommand.Create(terminal),
        VerifyCommand.Create(terminal),
        RunCommand.Create(terminal),
        ChatCommand.Create(terminal),
        new HelpOption { Recursive = true },
        new Option<bool>("--version") { Description = "Show the version.", Action = new VersionAction(terminal), Arity = ArgumentArity.Zero },
    };

    private static bool IsExpected(Exception error) => error is UserException or CheckpointException or RequestRefusedException or EngineFailedException or ChatTemplateException
        or InsufficientMemoryException or IOException or UnauthorizedAccessException or NotSupportedException;

    // The first line is the error; what follows in a message is a list and keeps its lines, indented.
    private static string Lines(string message) =>
        string.Join(Environment.NewLine + "  ", message.ReplaceLineEndings("\n").Replace('\t', ' ').Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.TrimEnd()));

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Replace('\t', ' ').Trim();

    private sealed class VersionAction(Terminal terminal) : SynchronousCommandLineAction
    {
        // The tool's assembly and not the entry assembly, which is another one in tests; without the commit that the SDK appends.
        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(Tool).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
            terminal.Out.WriteLine(version.Split('+')[0]);
            return ExitCode.Success;
        }
    }
}
