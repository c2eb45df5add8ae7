using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Whole models: allocations of steady decoding, and throughput of prefill and decode.</summary>
internal static class DecodeFigures
{
    public static void Measure(Session session)
    {
        Allocations(session);
        TwoPhase(session);
        Large(session);
        Shared(session);
    }

    private static void Allocations(Session session)
    {
        const int sequences = 32;
        var steps = session.Options.Short ? 100 : 1000;
        using var small = new SmallModel(session, sequences, steps);
        var before = small.Loop.Statistics;
        var (bytes, all) = (GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalAllocatedBytes(precise: true));
        for (var i = 0; i < steps; i++)
            small.Loop.Step();
        (bytes, all) = (GC.GetAllocatedBytesForCurrentThread() - bytes, GC.GetTotalAllocatedBytes(precise: true) - all);
        var after = small.Loop.Statistics;
        session.Report.Group($"small model, {sequences} sequences, {steps} steps");
        session.Report.Count("allocated on the loop's thread", "bytes", bytes, atMost: 0);
        session.Report.Count("allocated in the process", "bytes", all);
        session.Report.Count("plans made", "", after.PlansBuilt - before.PlansBuilt);
        session.Report.Count("plans reused", "", after.PlansReused - before.PlansReused);
        var seconds = (after.StepTime - before.StepTime).TotalSeconds;
        session.Report.Count("tokens per second", "tok/s", (after.TokensGenerated - before.TokensGenerated) / seconds);
    }

    private static void TwoPhase(Session session)
    {
        const int sequences = 32;
        const int stepsPerSample = 8;
        using var small = new SmallModel(session, sequences, 64 + (stepsPerSample * 2 * (session.Options.Pairs + 40)));
        Arm ArmOf(string name, bool? twoPhase) => new(name, () =>
        {
            small.Loop.TwoPhase = twoPhase;
            for (var i = 0; i < stepsPerSample; i++)
                small.Loop.Step();
        });

        var runs = Interleaved.Run(session.Options.Pairs, ArmOf("automatic", null), ArmOf("per sequence", false));
        session.Report.Group($"small model, {sequences} sequences below a prompt of 1500 tokens");
        foreach (var arm in (string[])["automatic", "per sequence"])
            session.Report.Add(arm, "tok/s", runs.Rate(arm, stepsPerSample * sequences));
        session.Report.Add("automatic over per sequence, whole steps", "x", runs.Speedup("automatic", "per sequence"));
    }

    private static void Large(Session session)
    {
        const int prompt = 512;
        const int stepsPerSample = 4;
        using var model = Llama.Load(SyntheticLlama.Folder());
        var prefillFlops = (2.0 * SyntheticLlama.BlockWeights * prompt) + (2.0 * SyntheticLlama.HeadWeights)
            + (2.0 * SyntheticLlama.Layers * SyntheticLlama.Hidden * prompt * (prompt + 1.0));
        var decodeBytes = sizeof(float) * (double)(SyntheticLlama.BlockWeights + SyntheticLlama.HeadWeights);
        var random = new Random(4);
        int[] Prompt(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(SyntheticLlama.Vocabulary))];

        foreach (var threads in new[] { 1, session.Options.Threads }.Distinct())
        {
            using var team = new Team(threads);
            using var prefill = Loop(model, threads, 1, 8192);
            using var decode = Loop(model, threads, 1, 8192);
            decode.Submit(new Request { PromptTokens = Prompt(16), MaxTokens = 4000, EosTokens = [] }, new IgnoringSink());
            decode.Step();
            var runs = Interleaved.Run(
                session.Options.Pairs,
                [
                    new Arm("prefill", () => prefill.Run(new Request { PromptTokens = Prompt(prompt), MaxTokens = 1 })),
                    new Arm("decode", () =>
                    {
                        for (var i = 0; i < stepsPerSample; i++)
                            decode.Step();
                    }),
                    .. session.Limits.Arms(team),
                ]);
            session.Report.Group($"Llama of 134 million f32 weights, {threads} thread{(threads == 1 ? "" : "s")}");
            session.Report.Add($"prefill of {prompt}", "tok/s", runs.Rate("prefill", prompt));
            session.Report.Add("of FMA peak", "", runs.Share("prefill", prefillFlops, Limits.Fma, FmaPeak.Flops(threads)));
            session.Report.Add("decode, one sequence", "tok/s", runs.Rate("decode", stepsPerSample));
            var bandwidth = runs.Share("decode", stepsPerSample * decodeBytes, Limits.Read, session.Limits.ReadBytes);
            session.Report.Add("weights / read bandwidth", "", bandwidth);
        }
    }

    private static void Shared(Session session)
    {
        const int sequences = 32;
        const int stepsPerSample = 2;
        using var model = Llama.Load(SyntheticLlama.Folder());
        foreach (var prompt in session.Options.Short ? [256] : new[] { 1024, 2048 })
        {
            var steps = stepsPerSample * 2 * (session.Options.Pairs + 40);
            using var loop = Loop(model, session.Options.Threads, sequences, prompt + 128 + (sequences * (steps + 128)));
            var shared = Enumerable.Range(0, prompt).Select(static i => (i * 31 + 7) % SyntheticLlama.Vocabulary).ToArray();
            for (var i = 0; i < sequences; i++)
                loop.Submit(new Request { PromptTokens = (int[])[.. shared, i], MaxTokens = steps + 64, EosTokens = [] }, new IgnoringSink());
            do
                loop.Step();
            while (loop.Statistics.TokensGenerated < 2 * sequences);
            Arm ArmOf(string name, bool? twoPhase) => new(name, () =>
            {
                loop.TwoPhase = twoPhase;
                for (var i = 0; i < stepsPerSample; i++)
                    loop.Step();
            });

            var runs = Interleaved.Run(session.Options.Pairs, ArmOf("automatic", null), ArmOf("per sequence", false));
            session.Report.Group(
                $"Llama of 134 million f32 weights, {sequences} sequences below a prompt of {prompt} tokens, {session.Options.Threads} threads");
            foreach (var arm in (string[])["automatic", "per sequence"])
                session.Report.Add(arm, "tok/s", runs.Rate(arm, stepsPerSample * sequences));
            session.Report.Add("automatic over per sequence, whole steps", "x", runs.Speedup("automatic", "per sequence"));
        }
    }

    private static EngineLoop Loop(CompiledModel model, int threads, int sequences, int tokens) =>
        new(model, new EngineOptions { Threads = threads, MaxSequences = sequences, PoolTokens = tokens });
}
