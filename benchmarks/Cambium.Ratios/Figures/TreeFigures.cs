using System.Diagnostics;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Chunks;

namespace Cambium.Benchmarks;

/// <summary>The cost of lookup, insertion and eviction in a full prefix tree.</summary>
internal static class TreeFigures
{
    private const int ChunkSize = 64;

    // Tokens that an insertion adds below a cached prefix.
    private const int Added = 1024;

    private static readonly RootKey Root = new("benchmark", "", "");

    public static void Measure(Session session)
    {
        (int, int, double)[] cases = session.Options.Short ? [(4096, 4, 100.0)] : [(32_768, 16, 100.0), (262_144, 4, 1000.0)];
        foreach (var (tokens, sequences, limit) in cases)
        {
            var chunks = tokens / ChunkSize;
            var layout = new KvLayout([new CacheSite(1, 1, 8, 8)], ChunkSize, Simd.PanelWidth);
            using var tree = new PrefixTree(new CpuChunkStore(layout, (sequences * chunks) + (8 * Added / ChunkSize)));
            int[][] prompts = [.. Enumerable.Range(0, sequences).Select(i => TokensOf(i, tokens))];
            foreach (var prompt in prompts)
                tree.Release(Insert(tree, prompt, out _));

            session.Report.Group($"{sequences} cached prompts of {tokens} tokens, {ChunkSize} in a chunk");
            var times = session.Options.Short ? 100 : 2000;
            Allocated = 0;
            Warm(tree, prompts);
            Add(session, "probe", Times(times, i => Require(tree.Probe(Root, prompts[i % sequences]) == tokens)), limit);

            // When no free pages are left, each insertion evicts the least recently used ones.
            var fresh = TokensOf(1000, times * Added);
            Add(session, $"insert {Added} tokens below {tokens / 2}", Times(times, i =>
            {
                var prompt = tree.Enter(Root);
                Require(tree.Follow(ref prompt, prompts[i % sequences].AsSpan(0, tokens / 2)) == tokens / 2);
                Place(tree, ref prompt, fresh.AsSpan(i * Added, Added));
                tree.Release(prompt);
            }), 300);
            var at = tree.Enter(Root);
            var inserts = Times(Math.Min(times, tree.Pages / 2), i => Place(tree, ref at, fresh.AsSpan(i * ChunkSize, ChunkSize)));
            Add(session, "insert one chunk", inserts, 300);
            tree.Release(at);
            Add(session, "evict", Times(Math.Min(times, tree.CachedPages), _ => Require(tree.EvictOne())), 30);
            session.Report.Count("allocated meanwhile", "bytes", Allocated, atMost: 0);
        }
    }

    private static long Allocated { get; set; }

    // Runs until tiered compilation is done; earlier times would include the JIT.
    private static void Warm(PrefixTree tree, int[][] prompts)
    {
        for (var round = 0; round < 8; round++)
        {
            for (var i = 0; i < 64; i++)
            {
                var at = tree.Enter(Root);
                tree.Follow(ref at, prompts[i % prompts.Length].AsSpan(0, 2048));
                Place(tree, ref at, TokensOf(2000 + i, ChunkSize));
                tree.Release(at);
                tree.Probe(Root, prompts[i % prompts.Length]);
                tree.EvictOne();
            }

            Thread.Sleep(150);
        }

        foreach (var prompt in prompts)
            tree.Release(Insert(tree, prompt, out _));
    }

    private static int[] TokensOf(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(128_000))];
    }

    private static NodeHandle Insert(PrefixTree tree, int[] tokens, out int found)
    {
        var at = tree.Enter(Root);
        found = tree.Follow(ref at, tokens);
        Place(tree, ref at, tokens.AsSpan(found));
        return at;
    }

    private static void Place(PrefixTree tree, ref NodeHandle at, ReadOnlySpan<int> tokens)
    {
        while (!tokens.IsEmpty)
        {
            var placed = tree.Append(ref at, tokens, tokens.Length, 0);
            Require(placed > 0);
            tree.Commit(ref at);
            tokens = tokens[placed..];
        }
    }

    private static double[] Times(int count, Action<int> act)
    {
        var times = new double[count];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            act(i);
            times[i] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        }

        Allocated += GC.GetAllocatedBytesForCurrentThread() - allocated;
        return times;
    }

    private static void Add(Session session, string name, double[] times, double? limit)
    {
        Array.Sort(times);
        session.Report.Add($"{name}, median", "us", Estimate.Of(times));
        var tail = new Estimate(times[(int)(0.99 * times.Length)], times[(int)(0.98 * times.Length)], times[^1], times.Length);
        session.Report.Add($"{name}, 99th percentile", "us", tail, atMost: limit);
    }

    private static void Require(bool holds)
    {
        if (!holds)
            throw new InvalidOperationException("The tree does not contain the inserted tokens.");
    }
}
