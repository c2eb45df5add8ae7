using System.Diagnostics;
using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Cache;

namespace Cambium.Benchmarks.Load;

/// <summary>One run: the answers alone, the load, and what is left when it has ended.</summary>
internal static class Run
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // Beyond any fair share of a machine that answers tens of requests in a second.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <returns>Whether everything held.</returns>
    public static async Task<bool> ExecuteAsync(Settings settings, CancellationToken cancellation)
    {
        using var model = Zoo.Load(settings.Model);
        var catalogue = Catalogue.Compute(model, settings, (done, all) =>
        {
            cancellation.ThrowIfCancellationRequested();
            if (done % 50 == 0)
                Console.Error.WriteLine($"{done} of {all} requests computed alone");
        });
        var tally = new Tally();
        var samples = new List<Resources>();
        var clock = Stopwatch.StartNew();
        EngineStatistics statistics;
        TimeSpan loaded;
        string left;
        await using (var engine = new Engine(model, OptionsOf(settings)))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            stop.CancelAfter(settings.Time);
            Task[] clients = [.. Enumerable.Range(0, settings.InFlight).Select(i => Task.Run(() => new Client(engine, catalogue, tally, (settings.Seed * 100_003) + i).RunAsync(stop.Token), CancellationToken.None))];
            await WatchAsync(engine, tally, samples, clock, stop.Token);
            await Task.WhenAll(clients);
            loaded = clock.Elapsed;
            await engine.UnpinAsync(CancellationToken.None);
            statistics = await SettledAsync(engine);
            left = LeftOver(statistics, await engine.SnapshotAsync(CancellationToken.None));
        }

        return Report(settings, tally, samples, statistics, loaded, left);
    }

    private static EngineOptions OptionsOf(Settings settings) => new()
    {
        MaxSequences = settings.InFlight,
        MaxQueued = 4 * settings.InFlight,
        PoolTokens = settings.PoolTokens,
        ChunkSize = 32,
        Threads = settings.Threads,
        MaxUnread = 16,
        Seed = (ulong)settings.Seed,
        Quotas = new Dictionary<string, int> { ["with a quota"] = settings.PoolTokens / 4 },
    };

    private static async Task WatchAsync(Engine engine, Tally tally, List<Resources> samples, Stopwatch clock, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Interval, stop);
            }
            catch (OperationCanceledException)
            {
            }

            var (now, statistics) = (Resources.Now(), engine.Statistics);
            samples.Add(now);
            Console.Error.WriteLine(
                $"{clock.Elapsed.TotalSeconds,5:0} s: {tally.Answered} answered, {tally.Cancelled + tally.Left} cancelled, {tally.Mistakes.Count} mistakes; {statistics.Running} run and {statistics.Waiting} wait; "
                + $"{statistics.Preemptions} preemptions, {statistics.Evictions} evictions; {now.Memory >> 20} MiB, {now.Handles} handles, {now.Threads} threads");
            if (tally.Mistakes.Count > 100)
                break;
        }
    }

    // A cancelled request is gone when the loop has heard of it.
    private static async Task<EngineStatistics> SettledAsync(Engine engine)
    {
        for (var i = 0; i < 100 && engine.Statistics is { Running: > 0 } or { Waiting: > 0 }; i++)
            await Task.Delay(50);
        return engine.Statistics;
    }

    private static string LeftOver(EngineStatistics statistics, Runtime.Cache.TreeSnapshot tree)
    {
        var used = tree.Nodes.Count(static node => node.Parent >= 0 && node.Users > 0);
        return statistics is { Running: 0, Waiting: 0, KvBytesInUse: 0 } && used == 0
            ? ""
            : $"{statistics.Running} requests run, {statistics.Waiting} wait, {used} chunks are in use.";
    }

    private static bool Report(Settings settings, Tally tally, List<Resources> samples, EngineStatistics statistics, TimeSpan loaded, string left)
    {
        var (first, end) = tally.Waits();
        // The first samples are of a process that still compiles its code.
        var settled = samples.Skip(samples.Count / 5).ToList();
        var early = settled.Take(Math.Max(1, settled.Count / 3)).ToList();
        var late = settled.TakeLast(Math.Max(1, settled.Count / 3)).ToList();
        Console.WriteLine($"{settings.InFlight} requests in flight for {loaded.TotalSeconds:0} s, room for {settings.PoolTokens} tokens");
        Console.WriteLine($"  answered {tally.Answered}, cancelled {tally.Cancelled}, left {tally.Left}, overdue {tally.Overdue}: {tally.Tokens / loaded.TotalSeconds:0} tokens/s read");
        Console.WriteLine($"  steps {statistics.Steps}, prompt tokens computed {statistics.TokensPrefilled} and cached {statistics.TokensCached}, preemptions {statistics.Preemptions}, evictions {statistics.Evictions}, retries {statistics.Retries}");
        Console.WriteLine($"  seconds to the first token: {Quantile(first, 0.5):0.00} median, {Quantile(first, 0.99):0.00} 99th percentile, {Quantile(first, 1):0.00} longest; to the last: {Quantile(end, 0.5):0.00}, {Quantile(end, 0.99):0.00}, {Quantile(end, 1):0.00}");
        Console.WriteLine($"  resident MiB, largest early and late: {early.Max(static s => s.Memory) >> 20}, {late.Max(static s => s.Memory) >> 20}; heap {early.Max(static s => s.Heap) >> 20}, {late.Max(static s => s.Heap) >> 20}; handles {early.Max(static s => s.Handles)}, {late.Max(static s => s.Handles)}; threads {early.Max(static s => s.Threads)}, {late.Max(static s => s.Threads)}");
        var holds = Check("every answer is the one alone", tally.Mistakes.Count == 0 && tally.Answered > 0, tally.Mistakes.FirstOrDefault() ?? "Nothing was answered.");
        holds &= Check("nothing starves", Quantile(end, 1) < LongestWait.TotalSeconds, $"A request took {Quantile(end, 1):0.0} s.");
        holds &= Check("nothing is left in use", left.Length == 0, left);
        // Numbers of kept-alive threads and pooled buffers drift; what leaks grows with every request.
        holds &= Check("memory does not grow", late.Max(static s => s.Memory) < (1.1 * early.Max(static s => s.Memory)) + (32 << 20), "See above.");
        holds &= Check("handles do not grow", late.Max(static s => s.Handles) <= early.Max(static s => s.Handles) + 8, "See above.");
        return holds;
    }

    private static bool Check(string what, bool holds, string why)
    {
        Console.WriteLine($"  {(holds ? "yes" : "NO ")}  {what}{(holds ? "" : ": " + why)}");
        return holds;
    }

    private static double Quantile(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[(int)(share * (sorted.Length - 1))];
}
