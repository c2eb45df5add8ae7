using System.CommandLine;
using System.Globalization;
using Cambium.Cli.Sequences;
using Cambium.Runtime.Engine;
using Cambium.Runtime.Weights;
using Spectre.Console;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium verify</c>: computes recorded sequences and compares.</summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var expected = new Option<string?>("--expected")
        {
            Description = "Safetensors file with ids.i and, as far as they were recorded, logits.i, hidden.i and greedy.i. [default: expected.safetensors in the checkpoint]",
            HelpName = "file",
        };
        var engine = new EngineSettings();
        var command = new Command(
            "verify",
            "Compares logits and hidden states (within 2e-4 absolute + 2e-4 relative) and greedy continuations (exactly) with recorded ones. Exit code 0: all agree; 1: something differs.") { checkpoint, expected };
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                var folder = parsed.GetRequiredValue(checkpoint);
                return Run(folder, parsed.GetValue(expected) ?? Path.Combine(folder, "expected.safetensors"), engine.Read(parsed), terminal, cancellation);
            },
            CancellationToken.None));
        return command;
    }

    private static int Run(string checkpoint, string expectedPath, EngineOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var model = ModelLoader.Load(checkpoint, terminal, cancellation);
        using var file = SafetensorsFile.Open(expectedPath);
        using var loop = EngineSettings.Build(() => new EngineLoop(model, options));
        var sequences = SequenceFile.Read(file, model.OutputWidth, loop.ContextLength);
        ExpectedSequence.RequireIds(file);
        var states = StateShape.Probe(loop, sequences[0].Tokens[0]);
        ExpectedSequence[] expected = [.. sequences.Select(sequence => ExpectedSequence.Read(file, sequence, model.OutputWidth, states))];
        if (expected.All(static one => one is { Logits: null, Hidden: null, Greedy: null }))
            throw new UserException($"{expectedPath}: has ids and nothing to compare, expected logits.i, hidden.i or greedy.i. Record them with the reference implementation.");

        var runner = new SequenceRunner(loop);
        var continuations = terminal.WithProgress("Computing", report => runner.Run(
            sequences, i => expected[i].Greedy?.Length ?? 0, i => expected[i], report, cancellation));
        return Report([.. expected.Select((one, i) => new Verdict(one, continuations[i]))], terminal);
    }

    private static int Report(Verdict[] verdicts, Terminal terminal)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("sequence");
        table.AddColumn(new TableColumn("tokens").RightAligned());
        table.AddColumn(new TableColumn("logits").RightAligned());
        table.AddColumn(new TableColumn("hidden").RightAligned());
        table.AddColumn(new TableColumn("greedy").RightAligned());
        foreach (var verdict in verdicts)
        {
            table.AddRow(
                verdict.Expected.Sequence.Tensor, verdict.Expected.Sequence.Tokens.Length.ToString(CultureInfo.InvariantCulture),
                Cell(verdict.Expected.Logits), Cell(verdict.Expected.Hidden), Cell(verdict));
        }

        terminal.OutConsole().Write(table);
        terminal.Out.WriteLine("logits, hidden: largest error as a share of what is tolerated (2e-4 absolute + 2e-4 relative).");
        foreach (var verdict in verdicts)
        {
            foreach (var remark in verdict.Remarks())
                terminal.Out.WriteLine(remark);
        }

        var wrong = verdicts.Count(static verdict => !verdict.Agrees);
        terminal.Out.WriteLine(wrong == 0
            ? $"All {verdicts.Length} sequences agree; the largest error is {Percent(verdicts.Max(static verdict => verdict.Share))} of what is tolerated."
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
