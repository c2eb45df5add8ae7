namespace Cambium.Benchmarks;

/// <summary>Decode of 32 sequences with f32 weights: with a shared prompt, and with prompts of their own.</summary>
internal static class BatchFigures
{
    private const int Sequences = 32;
    private const int Steps = 4;

    public static void MeasureShared(Session session) => session.With(WeightFile.F32, pair =>
    {
        foreach (var prompt in (int[])[1024, 2048])
        {
            var shared = Prompts.Random(prompt, seed: 8);
            int[][] own = [.. Enumerable.Range(0, Sequences).Select(static sequence => (int[])[RandomLlama.FirstPiece + sequence])];
            foreach (var threads in session.Settings.Threads)
                Measure(session, pair, threads, $"decode, {Sequences} requests share {prompt} tokens", shared, own);
        }
    });

    public static void MeasureSeparate(Session session) => session.With(WeightFile.F32, pair =>
    {
        const int prompt = 256;
        int[][] own = [.. Enumerable.Range(0, Sequences).Select(static sequence => Prompts.Random(prompt, seed: 100 + sequence))];
        foreach (var threads in session.Settings.Threads)
            Measure(session, pair, threads, $"decode, {Sequences} requests, {prompt} tokens each, nothing shared", [], own);
    });

    private static void Measure(Session session, ModelPair pair, int threads, string title, int[] shared, int[][] own)
    {
        var isShared = shared.Length > 0;
        var tokens = shared.Length + own.Sum(static tokens => tokens.Length + 256);
        using var loop = pair.Cambium.Open(threads, tokens, Sequences);
        using var llama = pair.Llama.Open(threads, tokens, Sequences, isUnified: isShared);
        var work = new EngineWork(loop, RandomLlama.Vocabulary, session.Cancellation);
        IReadOnlyList<int[]> prompts = [.. own.Select(tokens => (int[])[.. shared, .. tokens])];
        var runs = session.Compare($"{title}, {threads} threads",
            [llama.Decode(Report.Llama, shared, own, Steps), work.Decode(Report.Cambium, () => prompts, Steps)]);
        session.Report.Add(PeerFigure.OfRates(title, threads, Sequences * Steps, runs));
    }
}
