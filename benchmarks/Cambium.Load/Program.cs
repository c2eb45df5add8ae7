using System.CommandLine;
using System.Globalization;
using Cambium.Benchmarks;
using Cambium.Benchmarks.Load;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

// dotnet run -c Release --project benchmarks/Cambium.Load -- --minutes 10
var minutes = new Option<double>("--minutes") { Description = "Duration of the load.", DefaultValueFactory = static _ => 10 };
var inFlight = new Option<int>("--in-flight") { Description = "Number of concurrent requests.", DefaultValueFactory = static _ => 256 };
var pool = new Option<int>("--pool-tokens")
{
    Description = "Size of the KV cache in tokens. The default is too small for all requests, so the engine must evict and preempt.",
    DefaultValueFactory = static _ => 12_288,
};
var threads = new Option<int>("--threads") { Description = "Threads of the kernels; 0 for one per processor." };
var seed = new Option<int>("--seed") { Description = "Random seed of the requests and clients.", DefaultValueFactory = static _ => 1 };
var model = new Option<string>("--model")
{
    Description = "Folder of the checkpoint. [default: the small model of the Quickstart]",
    DefaultValueFactory = static _ => Repository.SmallModel,
};
const string description = "Soak test: many concurrent requests on one engine, with random cancellations, a small KV cache, slow readers "
    + "and tenants. Compares every token with the answer computed alone. Exit code 0: all checks pass; 1: a check fails.";
var command = new RootCommand(description) { minutes, inFlight, pool, threads, seed, model };
command.SetAction(async (parsed, cancellation) =>
{
    var settings = new Settings(
        parsed.GetRequiredValue(model),
        TimeSpan.FromMinutes(parsed.GetValue(minutes)),
        parsed.GetValue(inFlight),
        parsed.GetValue(pool),
        parsed.GetValue(threads),
        parsed.GetValue(seed));
    return await Run.ExecuteAsync(settings, cancellation) ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
