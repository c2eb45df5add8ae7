using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using Cambium.Checkpoints;
using Cambium.Cli.Commands;
using Cambium.Runtime;
using Cambium.Text.Templates;

namespace Cambium.Cli;

/// <summary>The tool as a function of arguments and streams, which returns an exit code. Tests call it without a process.</summary>
internal static class Tool
{
    private const string Name = "cambium";

    /// <summary>
    /// Runs one command line. An error that the user can fix is printed to <see cref="Terminal.Error"/>: one line, and one more per item of a list.
    /// </summary>
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellation = default)
    {
        // A prompt may begin with '@', so response files are off.
        var parsed = Root(terminal).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not (HelpAction or VersionAction))
        {
            foreach (var error in parsed.Errors)
                terminal.Error.WriteLine($"cambium: {OneLine(Numbers.Sentence(error.Message))}");
            var command = parsed.CommandResult.Command.Name;
            terminal.Error.WriteLine($"Try 'cambium {(command == Name ? "" : command + " ")}--help'.");
            return ExitCode.Usage;
        }

        try
        {
            // The chat command handles Ctrl-C itself.
            TimeSpan? timeToEnd = parsed.CommandResult.Command.Name == ChatCommand.Name ? null : TimeSpan.FromSeconds(10);
            var configuration = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = timeToEnd,
            };
            return await parsed.InvokeAsync(configuration, cancellation);
        }
        catch (OperationCanceledException)
        {
            terminal.Error.WriteLine("cambium: cancelled.");
            return ExitCode.Cancelled;
        }
        catch (Exception error) when (error is ReaderGoneException || error.InnerException is ReaderGoneException)
        {
            return ExitCode.ReaderGone;
        }
        catch (DecoderFallbackException error)
        {
            terminal.Error.WriteLine($"cambium: {TextFile.NotUtf8("standard input", error).Message}");
            return ExitCode.Failure;
        }
        // A write error inside a step is wrapped by the engine. The message of the I/O error is the useful one.
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

    // Not a RootCommand: its name is the name of the assembly, Cambium.Cli, and cannot be set.
    private static Command Root(Terminal terminal) => new(Name, "Runs language models compiled by Cambium, and checks them against a reference.")
    {
        LogitsCommand.Create(terminal),
        VerifyCommand.Create(terminal),
        RunCommand.Create(terminal),
        ChatCommand.Create(terminal),
        InspectCommand.Create(terminal),
        DoctorCommand.Create(terminal),
        BenchCommand.Create(terminal),
        new HelpOption { Recursive = true },
        new Option<bool>("--version") { Description = "Show the version.", Action = new VersionAction(terminal), Arity = ArgumentArity.Zero },
    };

    private static bool IsExpected(Exception error) =>
        error is UserException or CheckpointException or RequestRefusedException or EngineFailedException or ChatTemplateException
            or InsufficientMemoryException or IOException or UnauthorizedAccessException or NotSupportedException;

    // The first line of a message is the error. Further lines are items of a list and are indented.
    private static string Lines(string message)
    {
        var lines = message.ReplaceLineEndings("\n").Replace('\t', ' ').Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(Environment.NewLine + "  ", lines.Select(static line => line.TrimEnd()));
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Replace('\t', ' ').Trim();

    private sealed class VersionAction(Terminal terminal) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            terminal.Out.WriteLine(ToolVersion.Text);
            return ExitCode.Success;
        }
    }
}
