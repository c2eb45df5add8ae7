using System.CommandLine;
using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Cli.Sequences;
using Cambium.Cli.Texts;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Scheduling;
using Cambium.Text.Templates;
using Spectre.Console;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium verify</c>: computes recorded sequences, encodes recorded texts, and compares.</summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var expected = new Option<string?>("--expected")
        {
            Description = "Safetensors file with ids.i and, as far as they were recorded, logits.i (or encoded.i, for models that encode), hidden.i and greedy.i. [default: expected.safetensors in the checkpoint, or beside a GGUF file]",
            HelpName = "file",
        };
        var entry = EntryOption.Create();
        var weights = WeightsOption.Create();
        var text = new Option<string?>("--text") { Description = "With --weights: a text to compute instead of recorded ids.", HelpName = "file" };
        var most = new Option<float?>("--max-kl") { Description = "With --weights: the mean divergence, in nats, above which the command fails.", HelpName = "nats" }.Within(static nats => nats >= 0, "0 or a positive number");
        var engine = new EngineSettings();
        var command = new Command(
            "verify",
            "Compares logits or encodings and hidden states (within 2e-4 absolute + 2e-4 relative) and greedy continuations (exactly) with recorded ones; and, where a folder has tokenizer.json and cases.json, token ids and texts (exactly). With --weights bf16, int8 or int4 it computes the same sequences with and without rounding, and prints what that costs: the KL divergence of the next-token distributions from those in f32. Exit code 0: all agree; 1: something differs.") { checkpoint, expected, entry, weights, text, most };
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                var folder = parsed.GetRequiredValue(checkpoint);
                if (parsed.GetValue(weights) is not WeightStorage.F32 and var storage)
                {
                    var sequences = parsed.GetValue(text) is null ? parsed.GetValue(expected) ?? CheckpointArgument.Beside(folder, "expected.safetensors") : null;
                    return RoundingCost.Run(folder, storage, sequences, parsed.GetValue(text), parsed.GetValue(most), engine.Read(parsed), terminal, cancellation);
                }

                if (parsed.GetValue(text) is not null || parsed.GetValue(most) is not null)
                    throw new UserException("--text and --max-kl are about what --weights costs. Say --weights int8, for example.");
                var hasTexts = Directory.Exists(folder) && TokenizerCheck.Fits(folder);
                var texts = !hasTexts || TokenizerCheck.Run(folder, terminal, cancellation) ? ExitCode.Success : ExitCode.Failure;
                // A folder of a tokenizer alone has nothing more to compare.
                if (hasTexts && !File.Exists(Path.Combine(folder, "config.json")))
                    return texts;
                return texts | Run(folder, parsed.GetValue(expected) ?? CheckpointArgument.Beside(folder, "expected.safetensors"), parsed.GetRequiredValue(entry), engine.Read(parsed), terminal, cancellation);
            },
            CancellationToken.None));
        return command;
    }

    private static int Run(string checkpoint, string expectedPath, string entry, EngineOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var model = ModelLoader.Load(checkpoint, WeightStorage.F32, terminal, cancellation);
        using var file = SafetensorsFile.Open(expectedPath);
        using var runner = Runners.Create(model, entry, options);
        var sequences = SequenceFile.Read(file, runner);
        ExpectedSequence.RequireIds(file);
        var states = StateShape.Probe(runner, sequences[0]);
        ExpectedSequence[] expected = [.. sequences.Select(sequence => ExpectedSequence.Read(file, sequence, runner, states, model.Checkpoint.WeightType))];
        if (expected.All(static one => one is { Result: null, Hidden: null, Greedy: null }))
            throw new UserException($"{expectedPath}: has ids and nothing to compare, expected {runner.Result}.i, hidden.i or greedy.i. Record them with the reference implementation.");

        var continuations = terminal.WithProgress("Computing", report => runner.Run(
            sequences, i => expected[i].Greedy?.Length ?? 0, i => expected[i], report, cancellation));
        var isContinued = runner.Fitting(sequences[0], 1) > 0;
        return Report([.. expected.Select((one, i) => new Verdict(one, continuations[i], runner.Result, isContinued))], runner.Result, terminal);
    }

    private static int Report(Verdict[] verdicts, string result, Terminal terminal)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("sequence");
        table.AddColumn(new TableColumn("tokens").RightAligned());
        table.AddColumn(new TableColumn(result).RightAligned());
        table.AddColumn(new TableColumn("hidden").RightAligned());
        table.AddColumn(new TableColumn("greedy").RightAligned());
        foreach (var verdict in verdicts)
        {
            table.AddRow(
                verdict.Expected.Sequence.Tensor, verdict.Expected.Sequence.Tokens.Length.ToString(CultureInfo.InvariantCulture),
                Cell(verdict.Expected.Result), Cell(verdict.Expected.Hidden), Cell(verdict));
        }

        terminal.OutConsole().Write(table);
        terminal.Out.WriteLine($"{result}, hidden: largest error as a share of what is tolerated (2e-4 absolute + 2e-4 relative).");
        foreach (var verdict in verdicts)
        {
            foreach (var remark in verdict.Remarks())
                terminal.Out.WriteLine(remark);
        }

        var wrong = verdicts.Count(static verdict => !verdict.Agrees);
        terminal.Out.WriteLine(wrong == 0
            ? $"{(verdicts.Length == 1 ? "The sequence agrees" : $"All {verdicts.Length} sequences agree")}; the largest error is {Percent(verdicts.Max(static verdict => verdict.Share))} of what is tolerated."
            : $"{wrong} of {verdicts.Length} sequences differ.");
        return wrong == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Cell(Comparison? comparison) => comparison is null ? "-" : Coloured(comparison.Agrees, Percent(comparison.Share));

    private static string Cell(Verdict verdict) => verdict.Expected.Greedy is null
        ? "-"
        : Coloured(verdict.FirstDifference < 0, verdict.FirstDifference < 0 ? $"{verdict.Continuation.Length} equal" : $"differs at {verdict.FirstDifference}");

    private static string Coloured(bool good, string text) => $"[{(good ? "green" : "red")}]{Markup.Escape(text)}[/]";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.00} %");
}
