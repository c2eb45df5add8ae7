using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Cli.Sequences;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Loading;
using Spectre.Console;

namespace Cambium.Cli.Commands;

/// <summary>
/// Measures the quality loss of rounding as a KL divergence: <c>cambium verify --weights</c>, <c>--products</c> and <c>--kv</c>.
/// </summary>
internal static class RoundingCost
{
    /// <param name="checkpoint">The checkpoint. It is loaded without rounding, and again if its weights are rounded.</param>
    /// <param name="weights">The rounding of the weights.</param>
    /// <param name="idsPath">A safetensors file with ids; null if a text is given.</param>
    /// <param name="textPath">A text file; null if ids are given.</param>
    /// <param name="options">Options of the engine with the rounded KV cache; the KV cache of the other is f32.</param>
    /// <param name="most">The command fails if the mean divergence, in nats, is above this value.</param>
    public static int Run(
        string checkpoint,
        WeightChoice weights,
        string? idsPath,
        string? textPath,
        float? most,
        EngineOptions options,
        Terminal terminal,
        CancellationToken cancellation)
    {
        if (idsPath is not null)
            VerifyCommand.RequireResults(checkpoint, idsPath);
        using var model = ModelLoader.Load(checkpoint, WeightChoice.Exact, options.Threads, terminal, cancellation);
        using var rounded = weights.IsRounded ? ModelLoader.Load(checkpoint, weights, options.Threads, terminal, cancellation) : null;
        var entry = model.EntryPoints[0].Name;
        using var runner = Runners.Create(model, entry, options with { KvStorage = KvStorage.F32 });
        if (runner is not EngineRunner)
        {
            throw new UserException(
                $"{checkpoint}: is an encoder. --weights, --products and --kv compare next-token distributions, so they need a language model. "
                + "Leave them out.");
        }

        using var other = Runners.Create(rounded ?? model, entry, options);

        IReadOnlyList<TokenSequence> sequences;
        if (textPath is not null)
        {
            sequences = TextSequences.Read(textPath, model, runner.ContextLength);
        }
        else
        {
            using var file = SafetensorsFile.Open(idsPath!);
            sequences = SequenceFile.Read(file, runner);
        }

        // One sequence at a time, so that memory holds the logits of one sequence only.
        var costs = terminal.WithProgress("Computing", report =>
        {
            var all = new List<Divergence>();
            foreach (var sequence in sequences)
            {
                var reference = Rows(runner, sequence, cancellation);
                var own = Rows(other, sequence, cancellation);
                var divergence = new Divergence();
                for (var position = 0; position < sequence.Tokens.Length; position++)
                    divergence.Add(reference.Row(position), own.Row(position));
                all.Add(divergence);
                report(all.Count, sequences.Count);
            }

            return all;
        });
        return Report(sequences, costs, Describe(weights, options.KvStorage), most, terminal);
    }

    private static RowKeeper Rows(ISequenceRunner runner, TokenSequence sequence, CancellationToken cancellation)
    {
        var keeper = new RowKeeper(sequence.Tokens.Length, runner.Entry.OutputWidth);
        runner.Run([sequence], static _ => 0, _ => keeper, static (_, _) => { }, cancellation);
        return keeper;
    }

    // The rounding, as a part of a sentence.
    private static string Describe(WeightChoice weights, KvStorage kv)
    {
        var storage = weights.Storage == WeightStorage.Stored
            ? weights.Storage.Name()
            : $"{weights.Storage.Name()} ({Text($"{weights.Storage.Bits():0.#}")} bits each)";
        return string.Join(" and ", ((string?[])
        [
            weights.IsRounded ? $"weights in {storage} and {weights.Products.ToString().ToLowerInvariant()} products" : null,
            kv == KvStorage.F32 ? null : $"a KV cache in {kv.Name()}",
        ]).OfType<string>());
    }

    private static int Report(IReadOnlyList<TokenSequence> sequences, List<Divergence> costs, string rounded, float? most, Terminal terminal)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in (string[])["sequence", "tokens", "mean KL", "median", "largest", "same top token"])
            table.AddColumn(column == "sequence" ? new TableColumn(column) : new TableColumn(column).RightAligned());
        var total = new Divergence();
        for (var i = 0; i < costs.Count; i++)
        {
            table.AddRow(Row(sequences[i].Tensor, costs[i]));
            total.Add(costs[i]);
        }

        if (costs.Count > 1)
            table.AddRow(Row("all", total));
        terminal.OutConsole().Write(table);
        terminal.Out.WriteLine(
            $"KL: divergence of the next-token distributions with {rounded} from those of the checkpoint without rounding, in nats.");
        if (most is null || total.Mean <= most)
            return ExitCode.Success;
        terminal.Out.WriteLine(Text($"The mean of {total.Mean:0.000000} nats is above --max-kl {most}."));
        return ExitCode.Failure;
    }

    private static string[] Row(string name, Divergence cost) =>
    [
        name,
        Text($"{cost.Positions}"),
        Text($"{cost.Mean:0.000000}"),
        Text($"{cost.Median:0.000000}"),
        Text($"{cost.Largest:0.000000}"),
        Text($"{100 * cost.SameTop:0.0} %"),
    ];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
