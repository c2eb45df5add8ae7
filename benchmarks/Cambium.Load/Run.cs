using System.Diagnostics;
using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Cache;

namespace Cambium.Benchmarks.Load;

/// <summary>One soak test: computes the answers alone, runs the load, checks the results and the resources.</summary>
internal static class Run
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // A limit for starvation: the machine answers tens of requests per second.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <returns>Whether all checks pass.</returns>
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
            Client ClientOf(int i) => new(engine, catalogue, tally, (settings.Seed * 100_003) + i);
            Task[] clients =
            [
                .. Enumerable.Range(0, settings.InFlight).Select(i => Task.Run(() => ClientOf(i).RunAsync(stop.Token), CancellationToken.None)),
            ];
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
                $"{clock.Elapsed.TotalSeconds,5:0} s: {tally.Answered} answered, {tally.Cancelled + tally.Abandoned} cancelled, "
                + $"{tally.Errors.Count} errors; {statistics.Running} running, {statistics.Waiting} waiting; "
                + $"{statistics.Preemptions} preemptions, {statistics.Evictions} evictions; "
                + $"{now.Memory >> 20} MiB, {now.Handles} handles, {now.Threads} threads");
            if (tally.Errors.Count > 100)
                break;
        }
    }

    // The loop removes cancelled requests in its next step.
    private static async Task<EngineStatistics> SettledAsync(Engine engine)
    {
        for (var i = 0; i < 100 && engine.Statistics is { Running: > 0 } or { Waiting: > 0 }; i++)
            await Task.Delay(50);
        return engine.Statistics;
    }

    private static string LeftOver(EngineStatistics statistics, TreeSnapshot tree)
    {
        var used = tree.Nodes.Count(static node => node.Parent >= 0 && node.Users > 0);
        return statistics is { Running: 0, Waiting: 0, KvBytesInUse: 0 } && used == 0
            ? ""
            : $"{statistics.Running} requests are running, {statistics.Waiting} are waiting, {used} chunks are in use.";
    }

    private static bool Report(
        Settings settings, Tally tally, List<Resources> samples, EngineStatistics statistics, TimeSpan loaded, string left)
    {
        var (first, end) = tally.Waits();
        // The first samples are from a process that still compiles its code.
        var settled = samples.Skip(samples.Count / 5).ToList();
        var early = settled.Take(Math.Max(1, settled.Count / 3)).ToList();
        var late = settled.TakeLast(Math.Max(1, settled.Count / 3)).ToList();
        static string Times(double[] sorted) =>
            $"{Quantile(sorted, 0.5):0.00} median, {Quantile(sorted, 0.99):0.00} 99th percentile, {Quantile(sorted, 1):0.00} longest";
        string Peaks(Func<Resources, long> of) => $"{early.Max(of)}, {late.Max(of)}";
        Console.WriteLine($"{settings.InFlight} requests in flight for {loaded.TotalSeconds:0} s, KV cache of {settings.PoolTokens} tokens");
        Console.WriteLine($"  answered {tally.Answered}, cancelled {tally.Cancelled}, abandoned {tally.Abandoned}, overdue {tally.Overdue}: "
            + $"{tally.Tokens / loaded.TotalSeconds:0} tokens/s read");
        Console.WriteLine($"  steps {statistics.Steps}, prompt tokens computed {statistics.TokensPrefilled} and cached {statistics.TokensCached}, "
            + $"preemptions {statistics.Preemptions}, evictions {statistics.Evictions}, retries {statistics.Retries}");
        Console.WriteLine($"  seconds to the first token: {Times(first)}; to the last: {Times(end)}");
        Console.WriteLine($"  resident MiB, early and late peaks: {Peaks(static s => s.Memory >> 20)}; heap {Peaks(static s => s.Heap >> 20)}; "
            + $"handles {Peaks(static s => s.Handles)}; threads {Peaks(static s => s.Threads)}");
        var error = tally.Errors.FirstOrDefault() ?? "No request was answered.";
        var holds = Check("answers equal those computed alone", tally.Errors.Count == 0 && tally.Answered > 0, error);
        holds &= Check("no request starves", Quantile(end, 1) < LongestWait.TotalSeconds, $"A request took {Quantile(end, 1):0.0} s.");
        holds &= Check("all memory is released", left.Length == 0, left);
        // Numbers of kept-alive threads and pooled buffers drift. A leak grows with every request.
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
