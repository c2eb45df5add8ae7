using System.CommandLine;
using System.Globalization;
using Cambium.Benchmarks;
using Cambium.Benchmarks.Load;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

// dotnet run -c Release --project benchmarks/Cambium.Load -- --minutes 10
var minutes = new Option<double>("--minutes") { Description = "How long requests come.", DefaultValueFactory = static _ => 10 };
var inFlight = new Option<int>("--in-flight") { Description = "Requests that are there at once.", DefaultValueFactory = static _ => 256 };
var pool = new Option<int>("--pool-tokens") { Description = "Tokens whose keys and values the engine has room for; the default is too few for all.", DefaultValueFactory = static _ => 12_288 };
var threads = new Option<int>("--threads") { Description = "Threads of the kernels; 0: one for every processor." };
var seed = new Option<int>("--seed") { Description = "Of everything that is drawn.", DefaultValueFactory = static _ => 1 };
var model = new Option<string>("--model") { Description = "Folder of the checkpoint; by default the small one of the Quickstart.", DefaultValueFactory = static _ => Repository.SmallModel };
var command = new RootCommand("Many requests at once on one engine: cancellations at random moments, too little room, slow readers, tenants. Compares every token with the answer alone. Exit code 0: everything held; 1: something did not.")
{
    minutes, inFlight, pool, threads, seed, model,
};
command.SetAction(async (parsed, cancellation) =>
{
    var settings = new Settings(
        parsed.GetRequiredValue(model), TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(inFlight), parsed.GetValue(pool), parsed.GetValue(threads), parsed.GetValue(seed));
    return await Run.ExecuteAsync(settings, cancellation) ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
