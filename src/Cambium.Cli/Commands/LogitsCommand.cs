using System.CommandLine;
using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Cli.Sequences;
using Cambium.Runtime;
using Cambium.Runtime.Loading;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium logits</c>: computes sequences of ids and records results that can be compared with another implementation.</summary>
internal static class LogitsCommand
{
    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var ids = new Option<string>("--ids")
        {
            Description = "Safetensors file with the sequences: ids.0, ids.1, ... (I64 or I32, [tokens]). Other tensors are ignored.",
            Required = true,
            HelpName = "file",
        };
        var output = new Option<string>("--out")
        {
            Description = "Safetensors file to write: logits.i [tokens, vocabulary] (encoders: encoded.i [tokens, width]), "
                + "hidden.i [layers + 1, tokens, hidden], greedy.i [n].",
            Required = true,
            HelpName = "file",
        };
        var greedy = new Option<int>("--greedy")
        {
            Description = "Tokens of the greedy continuation, which ignores EOS; 0 for none.",
            DefaultValueFactory = static _ => 24,
            HelpName = "n",
        }.AtLeast(0);
        var entry = EntryOption.Create();
        var weights = new WeightSettings(WeightProducts.Exact);
        var engine = new EngineSettings();
        const string description = "Computes sequences of token ids and records logits (or encodings) and hidden states of every position, "
            + "and greedy continuations.";
        var command = new Command("logits", description) { checkpoint, ids, output, greedy, entry };
        weights.AddTo(command);
        engine.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var (folder, choice, options) = (parsed.GetRequiredValue(checkpoint), weights.Read(parsed), engine.Read(parsed));
            var (source, target) = (parsed.GetRequiredValue(ids), parsed.GetRequiredValue(output));
            var (count, name) = (parsed.GetValue(greedy), parsed.GetRequiredValue(entry));
            return Task.Run(() => Run(folder, choice, source, target, count, name, options, terminal, cancellation), CancellationToken.None);
        });
        return command;
    }

    private static int Run(
        string checkpoint,
        WeightChoice weights,
        string idsPath,
        string outputPath,
        int greedy,
        string entry,
        EngineOptions options,
        Terminal terminal,
        CancellationToken cancellation)
    {
        RequirePlace(outputPath, idsPath);
        using var ids = SafetensorsFile.Open(idsPath);
        using var model = ModelLoader.Load(checkpoint, weights, options.Threads, terminal, cancellation);
        using var runner = Runners.Create(model, entry, options);
        var sequences = SequenceFile.Read(ids, runner);

        // Encoders have no continuations.
        greedy = runner.Fitting(sequences[0], 1) > 0 ? greedy : 0;
        using var output = Begin(outputPath, Layout(sequences, runner, StateShape.Probe(runner, sequences[0]), greedy));
        var stride = TensorsPerSequence(greedy);
        RowRecorder RecorderOf(int i) => new(output, i * stride, (i * stride) + 1, sequences[i].Tokens.Length, runner.Entry.Rows);
        var continuations = terminal.WithProgress("Computing", report => runner.Run(sequences, _ => greedy, RecorderOf, report, cancellation));
        for (var i = 0; i < sequences.Count && greedy > 0; i++)
            output.Write((i * stride) + 2, 0, MemoryMarshal.AsBytes(continuations[i].AsSpan()));
        output.Complete();

        for (var i = 0; i < sequences.Count; i++)
        {
            if (continuations[i].Length < greedy)
                terminal.Error.WriteLine(Notes.Shortened(sequences[i], continuations[i].Length, greedy));
        }

        terminal.Out.WriteLine(
            $"{outputPath}: {sequences.Count} sequences of {sequences.Sum(static s => (long)s.Tokens.Length)} tokens, "
            + $"{continuations.Sum(static c => (long)c.Length)} tokens generated"
            + (runner.Summary is { } summary ? $"; {summary}" : "."));
        return ExitCode.Success;
    }

    // Checked before anything is computed.
    private static void RequirePlace(string path, string idsPath)
    {
        try
        {
            var target = OutputFile.TargetOf(path);
            if (Path.GetDirectoryName(target) is { Length: > 0 } folder && !Directory.Exists(folder))
            {
                throw new UserException($"{path}: cannot be written, because the folder {folder} does not exist. Create it, or choose another file "
                    + "with --out.");
            }

            if (target != OutputFile.LinksFollowed(idsPath))
                return;
        }
        catch (IOException error)
        {
            throw new UserException($"{error.Message}. Choose another file with --out.", error);
        }

        throw new UserException($"{path}: is the file that --ids reads, and would be overwritten. Choose another file with --out.");
    }

    private static SafetensorsOutput Begin(string path, IReadOnlyList<TensorLayout> tensors)
    {
        try
        {
            return SafetensorsOutput.Create(path, tensors);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path}: cannot be written ({error.Message.TrimEnd('.')}). Choose another file with --out.", error);
        }
    }

    private static int TensorsPerSequence(int greedy) => greedy > 0 ? 3 : 2;

    private static List<TensorLayout> Layout(IReadOnlyList<TokenSequence> sequences, ISequenceRunner runner, StateShape states, int greedy)
    {
        var tensors = new List<TensorLayout>();
        foreach (var sequence in sequences)
        {
            var rows = runner.Entry.Rows == ResultRows.All ? sequence.Tokens.Length : 1;
            tensors.Add(new(sequence.Name(runner.Result), ElementType.F32, [rows, runner.Entry.OutputWidth]));
            tensors.Add(new(sequence.Name("hidden"), ElementType.F32, [states.Count, sequence.Tokens.Length, states.Width]));
            if (greedy > 0)
                tensors.Add(new(sequence.Name("greedy"), ElementType.I64, [runner.Fitting(sequence, greedy)]));
        }

        return tensors;
    }
}
