using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cambium.Measuring;
using Cambium.Runtime.Cpu;
using Spectre.Console;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium doctor</c>: prints what Cambium uses of this machine, and the checkpoints that it finds.</summary>
internal static class DoctorCommand
{
    private const int MostCheckpoints = 50;
    private const int Depth = 5;

    public static Command Create(Terminal terminal)
    {
        var folders = new Argument<string[]>("folders")
        {
            Description = "Folders to search for checkpoints. [default: the current folder and the cache of Hugging Face]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        const string description = "Checks this machine: version, instruction set, memory, settings, checkpoints. Exit code 1 if no model "
            + "can run here, or if a folder does not exist.";
        var command = new Command("doctor", description) { folders };
        command.SetAction((parsed, cancellation) =>
            Task.Run(() => Run(parsed.GetValue(folders) ?? [], terminal, cancellation), CancellationToken.None));
        return command;
    }

    private static int Run(string[] folders, Terminal terminal, CancellationToken cancellation)
    {
        var problems = new List<string>();
        var facts = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(4)).AddColumn();
        foreach (var (name, value) in Facts(problems))
            facts.AddRow(name, Markup.Escape(value));
        terminal.OutConsole().Write(facts);

        foreach (var folder in folders.Where(static folder => !Directory.Exists(folder)))
            problems.Add($"{folder}: no such folder. Name a folder to search for checkpoints.");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("Checkpoints:");
        var found = 0;
        foreach (var path in (folders.Length > 0 ? folders : DefaultFolders()).SelectMany(folder => Checkpoints(folder, Depth)).Distinct())
        {
            cancellation.ThrowIfCancellationRequested();
            if (++found > MostCheckpoints)
            {
                terminal.Out.WriteLine($"  more than {MostCheckpoints}; name a folder to search.");
                break;
            }

            terminal.Out.WriteLine($"  {path}");
        }

        if (found == 0)
            terminal.Out.WriteLine("  none found. Name a folder with config.json and *.safetensors, or with a .gguf file.");
        foreach (var problem in problems)
            terminal.Error.WriteLine($"cambium: {problem}");
        return problems.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static IEnumerable<(string Name, string Value)> Facts(List<string> problems)
    {
        yield return ("cambium",
            $"{ToolVersion.Text}, {(RuntimeFeature.IsDynamicCodeCompiled ? "compiled at run time (JIT)" : "compiled natively")}");
        yield return ("runtime",
            $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.ProcessArchitecture}");
        yield return ("processor", $"{Processor(problems)}");
        yield return ("threads", $"{Environment.ProcessorCount} by default (--threads)");
        var memory = GC.GetGCMemoryInfo();
        yield return ("memory",
            $"{ByteText.Of(memory.TotalAvailableMemoryBytes)} in all, {ByteText.Of(memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes)} free");
        yield return ("huge pages", HugePages());
        var settings = Environment.GetEnvironmentVariables().Keys.OfType<string>()
            .Where(static key => key.StartsWith("CAMBIUM_", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(static key => $"{key}={Environment.GetEnvironmentVariable(key)}").ToList();
        yield return ("environment", settings.Count == 0 ? "no variable CAMBIUM_* is set" : string.Join(", ", settings));
    }

    private static string Processor(List<string> problems)
    {
        try
        {
            var machine = Machine.This;
            return $"{machine.Processor}; kernels use {machine.InstructionSet}, {Simd.Width} floats per register";
        }
        catch (PlatformNotSupportedException error)
        {
            problems.Add(error.Message);
            return "not supported";
        }
    }

    private static string HugePages()
    {
        const string file = "/sys/kernel/mm/transparent_hugepage/enabled";
        try
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : "unknown";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }

    private static IEnumerable<string> DefaultFolders()
    {
        yield return Directory.GetCurrentDirectory();
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        yield return Environment.GetEnvironmentVariable("HF_HUB_CACHE")
            ?? Path.Combine(Environment.GetEnvironmentVariable("HF_HOME") ?? Path.Combine(home, ".cache", "huggingface"), "hub");
    }

    // Folders with a configuration and weights, and GGUF files, to a limited depth. The cache of Hugging Face has links to files.
    private static IEnumerable<string> Checkpoints(string folder, int depth)
    {
        List<string> files, folders;
        try
        {
            (files, folders) = ([.. Directory.EnumerateFiles(folder)], [.. Directory.EnumerateDirectories(folder)]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        if (files.Any(static file => Path.GetFileName(file) == "config.json")
            && files.Any(static file => file.EndsWith(".safetensors", StringComparison.Ordinal)))
            yield return folder;
        foreach (var file in files.Where(static file => file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal))
            yield return file;
        if (depth == 0)
            yield break;
        foreach (var found in folders.Where(static name => Path.GetFileName(name) is not (".git" or "node_modules" or "bin" or "obj"))
            .Order(StringComparer.Ordinal).SelectMany(sub => Checkpoints(sub, depth - 1)))
            yield return found;
    }
}
