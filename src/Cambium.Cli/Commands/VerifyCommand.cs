using System.CommandLine;
using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Cli.Sequences;
using Cambium.Cli.Texts;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Loading;
using Spectre.Console;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium verify</c>: computes recorded sequences, encodes recorded texts, and compares.</summary>
internal static class VerifyCommand
{
    private const string RecordedFile = "expected.safetensors";

    private const string Description =
        "Compares a checkpoint with recorded results of a reference implementation. Logits (or encodings) and hidden states must agree within "
        + "2e-4 absolute + 2e-4 relative, greedy continuations exactly. If a folder has tokenizer.json and cases.json, "
        + "token ids and texts must agree "
        + "exactly. With --weights bf16, int8 or int4, --products integer, or --kv bf16 or int8, the command computes the same sequences without and "
        + "with this rounding and prints the KL divergence of the next-token distributions. Exit code 0: all agree; 1: something differs.";

    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var expected = new Option<string?>("--expected")
        {
            Description = "Safetensors file with ids.i and any of logits.i (encoders: encoded.i), hidden.i and greedy.i. "
                + "[default: expected.safetensors in the checkpoint folder, or in the folder of the GGUF file]",
            HelpName = "file",
        };
        var entry = EntryOption.Create();
        var weights = new WeightSettings(WeightProducts.Exact);
        var text = new Option<string?>("--text")
        {
            Description = "With --weights, --products or --kv: a text to compute instead of recorded ids.",
            HelpName = "file",
        };
        var most = new Option<float?>("--max-kl")
        {
            Description = "With --weights, --products or --kv: the command fails if the mean divergence, in nats, is above this value.",
            HelpName = "nats",
        }.Within(static nats => nats >= 0, "0 or a positive number");
        var classes = new Option<string?>("--model")
        {
            Description = "A project (.csproj, which is built) or an assembly (.dll) with a model class of your own. "
                + "[default: the classes of Cambium.Models]",
            HelpName = "file",
        };
        var (prefixes, engine) = (new PrefixSettings(), new EngineSettings());
        var command = new Command("verify", Description) { checkpoint, classes, expected, entry, text, most };
        prefixes.AddTo(command);
        weights.AddTo(command);
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var (folder, options) = (parsed.GetRequiredValue(checkpoint), engine.Read(parsed));
            var stands = prefixes.Read(parsed);
            // Results with a prefix are recorded beside it.
            var recorded = parsed.GetValue(expected) ?? CheckpointArgument.PathOf(stands.FirstPath ?? folder, RecordedFile);
            var (textFile, limit, entryName) = (parsed.GetValue(text), parsed.GetValue(most), parsed.GetRequiredValue(entry));
            var own = parsed.GetValue(classes);
            var choice = weights.Read(parsed);
            if (choice.IsRounded || options.KvStorage != KvStorage.F32)
            {
                if (stands.Texts.Count + stands.Adapters.Count > 0)
                    throw new UserException("--prefix cannot be combined with --weights, --products or --kv: a prefix is compared without rounding.");
                if (own is not null)
                {
                    throw new UserException(
                        "--model cannot be combined with --weights, --products or --kv: a class of your own is compared without rounding.");
                }

                var idsFile = textFile is null ? recorded : null;
                return Task.Run(
                    () => RoundingCost.Run(folder, choice, idsFile, textFile, limit, options, terminal, cancellation), CancellationToken.None);
            }

            if (textFile is not null || limit is not null)
            {
                throw new UserException(
                    "--text and --max-kl need a rounding. Add --weights int8, --products integer or --kv int8, for example.");
            }

            return Task.Run(() => Verify(folder, own, recorded, entryName, stands, options, terminal, cancellation), CancellationToken.None);
        });
        return command;
    }

    private static int Verify(
        string folder, string? classes, string recorded, string entry, PrefixArguments prefixes, EngineOptions options, Terminal terminal,
            CancellationToken cancellation)
    {
        var hasTexts = Directory.Exists(folder) && TokenizerCheck.Fits(folder);
        var texts = !hasTexts || TokenizerCheck.Run(folder, terminal, cancellation) ? ExitCode.Success : ExitCode.Failure;
        // A folder with only a tokenizer has no model to compare.
        if (hasTexts && !File.Exists(Path.Combine(folder, "config.json")))
            return texts;
        return texts | Run(folder, classes, recorded, entry, prefixes, options, terminal, cancellation);
    }

    private static int Run(
        string checkpoint, string? classes, string expectedPath, string entry, PrefixArguments prefixes, EngineOptions options,
            Terminal terminal, CancellationToken cancellation)
    {
        RequireResults(checkpoint, expectedPath);
        var choice = WeightChoice.Exact with { Adapters = prefixes.Adapters };
        using var model = ModelLoader.Load(checkpoint, choice, options.Threads, terminal, cancellation, classes);
        using var file = SafetensorsFile.Open(expectedPath);
        using var runner = Runners.Create(model, entry, options, loop => prefixes.Load(loop.LoadPrefix, terminal));
        var sequences = SequenceFile.Read(file, runner);
        ExpectedSequence.RequireIds(file);
        var states = StateShape.Probe(runner, sequences[0]);
        var stored = model.Checkpoint.WeightType;
        ExpectedSequence[] expected = [.. sequences.Select(sequence => ExpectedSequence.Read(file, sequence, runner, states, checkpoint, stored))];
        if (expected.All(static one => one is { Result: null, Hidden: null, Greedy: null }))
        {
            throw new UserException($"{expectedPath}: has ids and nothing to compare, expected {runner.Result}.i, hidden.i or greedy.i. "
                + "Record them with the reference implementation.");
        }


        var continuations = terminal.WithProgress("Computing", report => runner.Run(
            sequences, i => expected[i].Greedy?.Length ?? 0, i => expected[i], report, cancellation));
        var isContinued = runner.Fitting(sequences[0], 1) > 0;
        return Report([.. expected.Select((one, i) => new Verdict(one, continuations[i], runner.Result, isContinued))], runner.Result, terminal);
    }

    /// <summary>Checks, before a model is loaded, that a file of results exists. A missing checkpoint has its own error.</summary>
    /// <exception cref="UserException">It does not exist.</exception>
    public static void RequireResults(string checkpoint, string path)
    {
        if (!File.Exists(path) && (Directory.Exists(checkpoint) || File.Exists(checkpoint)))
        {
            throw new UserException($"{path}: no such file. Record the results of the reference implementation, and name their file with "
                + "--expected.");
        }
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
        terminal.Out.WriteLine($"{result}, hidden: largest error as a share of the tolerance (2e-4 absolute + 2e-4 relative).");
        foreach (var verdict in verdicts)
        {
            foreach (var remark in verdict.Remarks())
                terminal.Out.WriteLine(remark);
        }

        var different = verdicts.Count(static verdict => !verdict.Agrees);
        var agree = verdicts.Length == 1 ? "The sequence agrees" : $"All {verdicts.Length} sequences agree";
        terminal.Out.WriteLine(different == 0
            ? $"{agree}; the largest error is {Percent(verdicts.Max(static verdict => verdict.Share))} of the tolerance."
            : $"{different} of {verdicts.Length} sequences differ.");
        return different == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Cell(Comparison? comparison) =>
        comparison is null ? "-" : Coloured(comparison.Agrees, Percent(comparison.Share));

    private static string Cell(Verdict verdict) => verdict.Expected.Greedy is null ? "-"
        : verdict.FirstDifference < 0 ? Coloured(good: true, $"{verdict.Continuation.Length} equal")
        : Coloured(good: false, $"differs at {verdict.FirstDifference}");

    private static string Coloured(bool good, string text) => $"[{(good ? "green" : "red")}]{Markup.Escape(text)}[/]";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.00} %");
}
