using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Chunks;

namespace Cambium.Benchmarks;

/// <summary>Decode throughput by the storage of the KV cache: sequences with long prompts of their own, f32 weights.</summary>
internal static class KvFigures
{
    private const int Sequences = 8;

    public static void Measure(Session session)
    {
        foreach (var threads in new[] { 1, session.Options.Threads }.Distinct())
            Decoding(session, threads, session.Options.Short ? 512 : 8192);
    }

    private static void Decoding(Session session, int threads, int prompt)
    {
        using var model = Llama.Load(SyntheticLlama.Folder());
        var storages = Enum.GetValues<KvStorage>();
        EngineLoop[] loops = [.. storages.Select(storage => Begin(model, threads, prompt, storage))];
        var runs = Interleaved.Run(
            session.Options.Pairs,
            [.. storages.Zip(loops, static (storage, loop) => new Arm(storage.Name(), () => loop.Step()))]);
        session.Report.Group(
            $"Llama of 134 million f32 weights, {Sequences} sequences of {prompt} tokens, {threads} thread{(threads == 1 ? "" : "s")}");
        foreach (var (storage, loop) in storages.Zip(loops))
        {
            session.Report.Add(storage.Name(), "tok/s", runs.Rate(storage.Name(), Sequences));
            session.Report.Count($"{storage.Name()}, KV cache", "MiB", Math.Round(loop.Statistics.KvBytesInUse / 1048576.0));
        }

        foreach (var (storage, least) in new[] { (KvStorage.BF16, 1.6), (KvStorage.Int8, 2.2) })
        {
            double? target = session.Options.Short ? null : least;
            session.Report.Add(
                $"{storage.Name()} over f32", "x", runs.Speedup(storage.Name(), KvStorage.F32.Name()), atLeast: target);
        }

        foreach (var loop in loops)
            loop.Dispose();
    }

    // A loop whose sequences have their first token: their prompts are in the KV cache, with random keys and values.
    private static EngineLoop Begin(CompiledModel model, int threads, int prompt, KvStorage storage)
    {
        var answer = SyntheticLlama.Positions - prompt;
        var loop = new EngineLoop(model, new EngineOptions
        {
            Threads = threads,
            MaxSequences = Sequences,
            PoolTokens = Sequences * SyntheticLlama.Positions,
            KvStorage = storage,
        });
        for (var sequence = 0; sequence < Sequences; sequence++)
        {
            int[] tokens = [.. Enumerable.Range(0, prompt).Select(i => ((sequence * 3571) + (i * 31)) % SyntheticLlama.Vocabulary)];
            Fill(loop, model, tokens);
            loop.Submit(new Request { PromptTokens = (int[])[.. tokens, sequence], MaxTokens = answer, EosTokens = [] }, new IgnoringSink());
        }

        while (loop.Statistics.TokensGenerated < Sequences)
            loop.Step();
        if (loop.Statistics.TokensPrefilled > Sequences)
            throw new InvalidOperationException($"{loop.Statistics.TokensPrefilled} prompt tokens were computed, expected {Sequences}.");
        return loop;
    }

    private static void Fill(EngineLoop loop, CompiledModel model, int[] tokens)
    {
        var tree = loop.Tree;
        var at = tree.Enter(new RootKey(model.Definition.ProgramHash, model.Checkpoint.Fingerprint, ""));
        var random = new Random(tokens[0]);
        var vectors = Enumerable.Range(0, 64).Select(_ => Draw(random)).ToArray();
        var next = 0;
        for (var placed = 0; placed < tokens.Length; tree.Commit(ref at))
        {
            var count = tree.Append(ref at, tokens.AsSpan(placed), tokens.Length - placed, tokens[0] + 1);
            var page = tree.At(at).Page;
            for (var layer = 0; layer < SyntheticLlama.Layers; layer++)
            {
                for (var head = 0; head < SyntheticLlama.Heads; head++)
                {
                    for (var slot = 0; slot < count; slot++)
                    {
                        loop.Store.WriteKey(page, slot, 0, layer, head, vectors[next++ % vectors.Length]);
                        loop.Store.WriteValue(page, slot, 0, layer, head, vectors[next++ % vectors.Length]);
                    }
                }
            }

            placed += count;
        }

        tree.Release(at);
    }

    private static float[] Draw(Random random) =>
        [.. Enumerable.Range(0, SyntheticLlama.HeadSize).Select(_ => (2 * random.NextSingle()) - 1)];
}
