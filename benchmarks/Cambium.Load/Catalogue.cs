using Cambium.Constraints;
using Cambium.Runtime;
using Cambium.Runtime.Sampling;

namespace Cambium.Benchmarks.Load;

/// <summary>The requests of the soak test, each with its answers computed without other requests.</summary>
internal sealed class Catalogue
{
    private const int Size = 400;
    private const int SystemPrompts = 8;
    private const int ChunkSize = 32;

    private Catalogue(IReadOnlyList<Entry> entries) => Entries = entries;

    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>Creates random requests and computes them one at a time.</summary>
    /// <param name="model">The model.</param>
    /// <param name="settings">Seed and threads.</param>
    /// <param name="progress">Receives (requests done, requests in total).</param>
    public static Catalogue Compute(CompiledModel model, Settings settings, Action<int, int> progress)
    {
        var random = new Random(settings.Seed);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3, model.OutputWidth))];
        int[][] prompts = [.. Enumerable.Range(0, SystemPrompts).Select(_ => Draw(random.Next(100, 900)))];
        var options = new EngineOptions { MaxSequences = 1, PoolTokens = 2048, Threads = settings.Threads, ChunkSize = ChunkSize };
        using var loop = new EngineLoop(model, options);
        var entries = new List<Entry>();
        while (entries.Count < Size)
        {
            var prompt = prompts[random.Next(SystemPrompts)];
            var prefix = random.Next(4) == 0 ? random.Next(1, prompt.Length) : prompt.Length;
            var request = new Request
            {
                PromptTokens = (int[])[.. prompt.AsSpan(0, prefix), .. Draw(random.Next(1, 60))],
                MaxTokens = random.Next(1, 120),
                WantsText = random.Next(2) == 0,
                Count = random.Next(12) == 0 ? random.Next(2, 5) : 1,
                Sampling = SamplingOf(random),
                Constraint = random.Next(10) == 0 ? Constraint.Regex("([a-z]{1,9}[ ,]){3,20}") : null,
            };
            var sink = new CollectingSink();
            loop.Submit(request, sink);
            while (!sink.IsDone)
                loop.Step();
            entries.Add(new Entry(request, [.. sink.Completions.Select(static answer => answer.Tokens)]));
            progress(entries.Count, Size);
        }

        return new Catalogue(entries);
    }

    private static SamplingOptions SamplingOf(Random random) => random.Next(3) == 0
        ? new SamplingOptions { Seed = (ulong)random.Next() }
        : new SamplingOptions
        {
            Seed = (ulong)random.Next(),
            Temperature = 0.3f + random.NextSingle(),
            TopK = random.Next(2) * random.Next(1, 100),
            TopP = random.Next(2) == 0 ? 1 : 0.9f,
            RepetitionPenalty = random.Next(4) == 0 ? 1.2f : 1,
        };

    /// <summary>A request and its answers.</summary>
    internal sealed record Entry(Request Request, IReadOnlyList<IReadOnlyList<int>> Answers);
}
