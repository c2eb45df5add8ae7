using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Cambium.Measuring;
using Cambium.Runtime;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Runtime.Loading;
using Spectre.Console;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium bench</c>: measures a checkpoint on this machine, in turns with the limits of the machine.</summary>
internal static class BenchCommand
{
    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var weights = new WeightSettings(WeightProducts.Integer);
        var prompt = Count("--prompt", "Tokens of each prompt.", 512, 2);
        var generate = Count("--generate", "Tokens that each sequence generates.", 32, 2);
        var sequences = Count("--sequences", "Sequences of the batches.", 8, 2);
        var rounds = Count("--rounds",
            "Measurements of each figure. They are taken in turns; the table has the median and the 10th and 90th percentile.", 5, 1);
        var engine = new EngineSettings();
        const string description = "Measures prefill, decode and decode under a shared prompt, with random tokens, and the limits of this "
            + "machine in the same run.";
        var command = new Command("bench", description) { checkpoint, prompt, generate, sequences, rounds };
        weights.AddTo(command);
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var sizes = new Sizes(parsed.GetValue(prompt), parsed.GetValue(generate), parsed.GetValue(sequences));
            var (folder, choice, options) = (parsed.GetRequiredValue(checkpoint), weights.Read(parsed), engine.Read(parsed));
            var count = parsed.GetValue(rounds);
            return Task.Run(() => Run(folder, choice, sizes, count, options, terminal, cancellation), CancellationToken.None);
        });
        return command;
    }

    private static Option<int> Count(string name, string description, int fallback, int least) => new Option<int>(name)
    {
        Description = description,
        HelpName = "n",
        DefaultValueFactory = _ => fallback,
    }.AtLeast(least);

    private static int Run(
        string folder, WeightChoice weights, Sizes sizes, int rounds, EngineOptions options, Terminal terminal, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        using var model = ModelLoader.Load(folder, weights, options.Threads, terminal, cancellation);
        var loading = Stopwatch.GetElapsedTime(start);
        var fitted = options with
        {
            MaxSequences = Math.Max(sizes.Sequences, 1),
            PoolTokens = options.PoolTokens ?? ((sizes.Prompt + sizes.Generate + (2 * options.ChunkSize)) * (sizes.Sequences + 1)),
        };
        using var loop = EngineSettings.Build(() => new EngineLoop(model, fitted));
        if (sizes.Prompt + sizes.Generate > loop.ContextLength)
        {
            throw new UserException(
                $"--prompt {sizes.Prompt} and --generate {sizes.Generate} need {sizes.Prompt + sizes.Generate} positions, and the context has "
                + $"{loop.ContextLength}. Lower one of them.");
        }

        var workload = new Workload(loop, model.OutputWidth, sizes, cancellation);
        using var team = new Team(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        using var limits = new Limits();
        var samples = new Dictionary<string, List<double>>();
        void Add(string name, double value)
        {
            if (!samples.TryGetValue(name, out var list))
                samples.Add(name, list = []);
            list.Add(value);
        }

        terminal.WithProgress("Measuring", report =>
        {
            // The first round compiles and is not counted.
            for (var round = -1; round < rounds; round++)
            {
                var results = workload.Round();
                var fma = Seconds(() => FmaPeak.Run(team));
                var read = Seconds(() => limits.Run(team));
                cancellation.ThrowIfCancellationRequested();
                report(round + 2, rounds + 1);
                if (round < 0)
                    continue;
                foreach (var (name, tokensPerSecond) in results)
                    Add(name, tokensPerSecond);
                Add(Limits.Fma, FmaPeak.Flops(team.Threads) / fma / 1e9);
                Add(Limits.Read, limits.ReadBytes / read / 1e9);
            }

            return true;
        });

        Report(samples, sizes, loading, terminal);
        return ExitCode.Success;
    }

    private static void Report(Dictionary<string, List<double>> samples, Sizes sizes, TimeSpan loading, Terminal terminal)
    {
        terminal.Out.WriteLine(
            $"{Machine.This.Processor}, {Machine.This.InstructionSet}; prompts of {sizes.Prompt} tokens, {sizes.Generate} generated tokens each");
        var table = new Table().Border(TableBorder.Simple).AddColumn("figure");
        table.AddColumn(new TableColumn("median [[10th .. 90th percentile]]").RightAligned()).AddColumn("unit");
        foreach (var (name, values) in samples)
            table.AddRow(Markup.Escape(name), Markup.Escape(Estimate.Of(values).ToString()), name == Limits.Fma ? "GFLOP/s" : name == Limits.Read
                ? "GB/s" : "tokens/s");
        terminal.OutConsole().Write(table);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Loading took {loading.TotalSeconds:0.00} s."));
    }

    private static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private sealed record Sizes(int Prompt, int Generate, int Sequences);

    /// <summary>The measured requests. Every prompt is new, so that nothing is found in the KV cache except where sharing is measured.</summary>
    private sealed class Workload(EngineLoop loop, int vocabulary, Sizes sizes, CancellationToken cancellation)
    {
        private readonly Random _random = new(1);

        public IEnumerable<(string Name, double TokensPerSecond)> Round()
        {
            var prefill = Generate(1, sizes.Prompt, 0, tokens: 1);
            yield return ("prefill", sizes.Prompt / prefill.First);
            var single = Generate(1, 1, 0, sizes.Generate);
            yield return ("decode, 1 sequence", single.Rate);
            var separate = Generate(sizes.Sequences, 0, sizes.Prompt, sizes.Generate);
            yield return ($"decode, {sizes.Sequences} sequences, own prompts", separate.Rate);
            var shared = Generate(sizes.Sequences, sizes.Prompt - 1, 1, sizes.Generate);
            yield return ($"decode, {sizes.Sequences} sequences, shared prompt", shared.Rate);
        }

        // Seconds to the first token of the last sequence, and generated tokens per second after it.
        private (double First, double Rate) Generate(int sequences, int common, int own, int tokens)
        {
            var beginning = Tokens(common);
            var sinks = new CollectingSink[sequences];
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < sequences; i++)
            {
                int[] prompt = [.. beginning, .. Tokens(own)];
                loop.Submit(new Request { PromptTokens = prompt, MaxTokens = tokens, EosTokens = [], WantsText = false },
                    sinks[i] = new CollectingSink());
            }

            double? first = null;
            var before = 0;
            while (loop.HasWork)
            {
                cancellation.ThrowIfCancellationRequested();
                loop.Step();
                if (first is null && sinks.All(static sink => sink.Tokens.Count > 0))
                    (first, before) = (Stopwatch.GetElapsedTime(start).TotalSeconds, sinks.Sum(static sink => sink.Tokens.Count));
            }

            var all = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var after = sinks.Sum(static sink => sink.Tokens.Count) - before;
            return (first ?? all, after / (all - (first ?? 0)));
        }

        private int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(vocabulary))];
    }
}
