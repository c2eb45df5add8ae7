using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Cambium.Measuring;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
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
            MaxSequences = sizes.Sequences,
            PoolTokens = options.PoolTokens ?? ((sizes.Prompt + sizes.Generate + (2 * options.ChunkSize)) * (sizes.Sequences + 1)),
        };
        using var loop = EngineSettings.Build(() => new EngineLoop(model, fitted));
        if (sizes.Prompt + sizes.Generate > loop.ContextLength)
        {
            throw new UserException(
                $"--prompt {sizes.Prompt} and --generate {sizes.Generate} need {sizes.Prompt + sizes.Generate} positions, and the context has "
                + $"{loop.ContextLength}. Lower one of them.");
        }

        using var team = new Team(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        using var limits = new Limits();
        var figures = Figures(new EngineWork(loop, model.OutputWidth, cancellation), sizes);
        var runs = terminal.WithProgress("Measuring", report =>
            Interleaved.Run(rounds, [.. figures.Select(static figure => figure.Arm), .. limits.Arms(team)], report, cancellation));
        var rows = figures.Select(figure => (figure.Arm.Name, runs.Rate(figure.Arm.Name, figure.Tokens), "tokens/s"))
            .Append((Limits.Fma, runs.Rate(Limits.Fma, FmaPeak.Flops(team.Threads) / 1e9), "GFLOP/s"))
            .Append((Limits.Read, runs.Rate(Limits.Read, limits.ReadBytes / 1e9), "GB/s"));
        Report(rows, sizes, options.KvStorage, loop.Statistics.PoolBytes, loading, terminal);
        return ExitCode.Success;
    }

    // Every prompt is new, so that nothing is found in the KV cache except where sharing is measured.
    private static (Arm Arm, double Tokens)[] Figures(EngineWork work, Sizes sizes)
    {
        var (steps, random) = (sizes.Generate - 1, new Random(1));
        int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(work.Vocabulary))];
        IReadOnlyList<int[]> Prompts(int sequences, int common, int own)
        {
            var beginning = Tokens(common);
            return [.. Enumerable.Range(0, sequences).Select(_ => (int[])[.. beginning, .. Tokens(own)])];
        }

        var many = sizes.Sequences;
        return
        [
            (work.Prefill("prefill", () => Tokens(sizes.Prompt)), sizes.Prompt),
            (work.Decode("decode, 1 sequence", () => Prompts(1, 0, 1), steps), steps),
            (work.Decode($"decode, {many} sequences, own prompts", () => Prompts(many, 0, sizes.Prompt), steps), many * steps),
            (work.Decode($"decode, {many} sequences, shared prompt", () => Prompts(many, sizes.Prompt - 1, 1), steps), many * steps),
        ];
    }

    private static void Report(
        IEnumerable<(string Name, Estimate Value, string Unit)> rows, Sizes sizes, KvStorage kv, long poolBytes, TimeSpan loading, Terminal terminal)
    {
        terminal.Out.WriteLine(
            $"{Machine.This.Processor}, {Machine.This.InstructionSet}; prompts of {sizes.Prompt} tokens, {sizes.Generate} generated tokens each; "
            + $"KV cache of {ByteText.Of(poolBytes)} in {kv.Name()}");
        var table = new Table().Border(TableBorder.Simple).AddColumn("figure");
        table.AddColumn(new TableColumn("median [[10th .. 90th percentile]]").RightAligned()).AddColumn("unit");
        foreach (var (name, value, unit) in rows)
            table.AddRow(Markup.Escape(name), Markup.Escape(value.ToString()), unit);
        terminal.OutConsole().Write(table);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Loading took {loading.TotalSeconds:0.00} s."));
    }

    private sealed record Sizes(int Prompt, int Generate, int Sequences);
}
