using System.CommandLine;
using Cambium.Benchmarks;

// dotnet run -c Release --project benchmarks/Cambium.Peers -- all --json benchmarks/results/peers.json --png benchmarks/results/peers.png
var groups = new (string Name, string Description, Action<Session> Measure)[]
{
    ("prefill", "Prefill of 512 tokens, by storage type.", PrefillFigures.Measure),
    ("decode", "Decode of one sequence, by storage type.", DecodeFigures.Measure),
    ("shared", "Decode of 32 requests that share 1024 or 2048 tokens.", BatchFigures.MeasureShared),
    ("separate", "Decode of 32 requests of 256 tokens that share nothing.", BatchFigures.MeasureSeparate),
    ("start", "Processes: time to the first token, and peak memory.", StartFigures.Measure),
    ("divergence", "KL divergence from f32 on the same file and tokens.", DivergenceFigures.Measure),
};
var rounds = new Option<int>("--rounds") { Description = "Samples of each engine.", DefaultValueFactory = static _ => 15, Recursive = true };
rounds.Validators.Add(result =>
{
    if (result.Tokens is [var token] && int.TryParse(token.Value, out var value) && value < 1)
        result.AddError($"--rounds is {value}; it must be at least 1.");
});
var threads = new Option<int[]>("--threads")
{
    Description = "Thread counts; each is measured.",
    DefaultValueFactory = static _ => [.. new[] { 1, Environment.ProcessorCount }.Distinct()],
    AllowMultipleArgumentsPerToken = true,
    Recursive = true,
};
threads.Validators.Add(result =>
{
    foreach (var token in result.Tokens)
    {
        if (int.TryParse(token.Value, out var value) && (value < 1 || value > Environment.ProcessorCount))
            result.AddError($"--threads is {value}; it must be from 1 to {Environment.ProcessorCount}, the number of processors.");
    }
});
var types = new Option<string[]>("--types")
{
    Description = "Storage types of the weights.",
    DefaultValueFactory = static _ => [.. WeightFile.All.Select(static file => file.Name)],
    AllowMultipleArgumentsPerToken = true,
    Recursive = true,
};
types.AcceptOnlyFromAmong([.. WeightFile.All.Select(static file => file.Name)]);
var folder = new Option<string>("--folder")
{
    Description = "Folder of the model files and of the published programs. It is kept, and needs 3 GB.",
    DefaultValueFactory = static _ => Path.Combine(Repository.Temporary, "peers"),
    Recursive = true,
};
var json = new Option<string?>("--json") { Description = "Writes the figures as data.", Recursive = true };
var png = new Option<string?>("--png") { Description = "Writes the ratios as a chart.", Recursive = true };

var root = new RootCommand("Measures Cambium and llama.cpp on the same GGUF files, in turns.") { rounds, threads, types, folder, json, png };
foreach (var (name, description, measure) in groups)
    root.Add(CommandOf(name, description, measure));
root.Add(CommandOf("all", "All groups, in this order.", session =>
{
    foreach (var group in groups)
        group.Measure(session);
}));

try
{
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) };
    return await root.Parse(args).InvokeAsync(configuration);
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Cancelled.");
    return 130;
}
catch (Exception error) when (error is InvalidOperationException or IOException or UnauthorizedAccessException or InsufficientMemoryException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

Command CommandOf(string name, string description, Action<Session> measure)
{
    var command = new Command(name, description);
    command.SetAction((parsed, cancellation) => Task.Run(
        () =>
        {
            var chosen = parsed.GetRequiredValue(types);
            var session = new Session(
                new Settings
                {
                    Rounds = parsed.GetValue(rounds),
                    Threads = parsed.GetRequiredValue(threads),
                    Types = [.. WeightFile.All.Where(file => chosen.Contains(file.Name))],
                    Folder = parsed.GetRequiredValue(folder),
                    Json = parsed.GetValue(json),
                    Png = parsed.GetValue(png),
                },
                cancellation);
            try
            {
                measure(session);
            }
            finally
            {
                // Also what was measured before an error or Ctrl-C.
                session.Report.Finish();
            }

            return 0;
        },
        CancellationToken.None));
    return command;
}
