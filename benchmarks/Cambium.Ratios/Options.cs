using System.Globalization;

namespace Cambium.Benchmarks;

/// <summary>The command line.</summary>
internal sealed record Options
{
    public const string Usage = """
        dotnet run -c Release --project benchmarks/Cambium.Ratios -- COMMAND [options]

        COMMAND   limits | attention | choice | matmul | weights | kv | planning | prefixes | tree | decode | generator | all
        --pairs N     rounds in which every arm runs once (default 30)
        --threads N   threads of the kernels (default: one per processor)
        --model PATH  the small model (default: examples/Quickstart/model)
        --with PATH   compares this build with another one: the Cambium.Ratios.dll of another commit, in interleaved processes (--pairs of them)
        --json PATH   writes the figures as data
        --short       small sizes and 3 rounds, as a smoke test
        """;

    public required IReadOnlyList<string> Commands { get; init; }

    public int Pairs { get; init; } = 30;

    public int Threads { get; init; } = Environment.ProcessorCount;

    public string Model { get; init; } = Repository.SmallModel;

    public string? Json { get; init; }

    /// <summary>Another build to compare this one with; null for none.</summary>
    public string? With { get; init; }

    public bool Short { get; init; }

    /// <returns>The options; null to print the usage.</returns>
    /// <exception cref="ArgumentException">An argument is invalid.</exception>
    public static Options? Parse(ReadOnlySpan<string> arguments)
    {
        var options = new Options { Commands = [] };
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--help" or "-h":
                    return null;
                case "--pairs":
                    options = options with { Pairs = Number(arguments, ref i) };
                    break;
                case "--threads":
                    options = options with { Threads = Number(arguments, ref i) };
                    break;
                case "--model":
                    options = options with { Model = Text(arguments, ref i) };
                    break;
                case "--json":
                    options = options with { Json = Text(arguments, ref i) };
                    break;
                case "--with":
                    options = options with { With = Text(arguments, ref i) };
                    break;
                case "--short":
                    options = options with { Short = true, Pairs = options.With is null ? 3 : options.Pairs };
                    break;
                case "all":
                    options = options with { Commands = [.. Session.Commands] };
                    break;
                case var command when Session.Commands.Contains(command):
                    options = options with { Commands = [.. options.Commands, command] };
                    break;
                case var other:
                    throw new ArgumentException($"'{other}' is not a command or an option.\n\n{Usage}");
            }
        }

        return options.Commands.Count == 0 ? null : options;
    }

    private static string Text(ReadOnlySpan<string> arguments, ref int i) =>
        ++i < arguments.Length ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value.");

    private static int Number(ReadOnlySpan<string> arguments, ref int i) =>
        int.TryParse(Text(arguments, ref i), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{arguments[i - 1]} is '{arguments[i]}'; it must be a positive number.");
}
