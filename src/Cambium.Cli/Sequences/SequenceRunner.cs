using Cambium.Runtime.Engine;

namespace Cambium.Cli.Sequences;

/// <summary>
/// Computes sequences and their greedy continuations, all of them together in one engine. Every sequence is asked for twice: once with an
/// observer, which computes all of its positions, and once for the continuation, which reads the keys and values of the first from the tree.
/// </summary>
internal sealed class SequenceRunner(EngineLoop loop)
{
    /// <summary>Greedy tokens of <paramref name="wanted"/> that fit behind a sequence: the last token needs no room, since nothing follows it.</summary>
    public int Fitting(TokenSequence sequence, int wanted) => (int)Math.Min(wanted, loop.ContextLength + 1L - sequence.Tokens.Length);

    /// <summary>Runs until everything is computed.</summary>
    /// <param name="sequences">What to compute.</param>
    /// <param name="greedy">Tokens wanted of the continuation of the sequence with an index; 0 for none.</param>
    /// <param name="observe">Makes the observer of the sequence with an index.</param>
    /// <param name="report">Told (positions done, positions in all).</param>
    /// <param name="cancellation">Looked at between steps.</param>
    /// <returns>The continuations, in the order of the sequences.</returns>
    public IReadOnlyList<long[]> Run(
        IReadOnlyList<TokenSequence> sequences, Func<int, int> greedy, Func<int, IPromptObserver> observe, Action<double, double> report, CancellationToken cancellation)
    {
        var observed = new CollectingSink[sequences.Count];
        var continued = new CollectingSink?[sequences.Count];
        var total = 0.0;
        for (var i = 0; i < sequences.Count; i++)
        {
            var request = new Request { PromptTokens = sequences[i].Tokens, MaxTokens = 1, EndOfText = [], WantsText = false };
            loop.Submit(request with { Observer = observe(i) }, observed[i] = new CollectingSink());
            total += sequences[i].Tokens.Length;
            var fitting = Fitting(sequences[i], greedy(i));
            if (fitting > 0)
                loop.Submit(request with { MaxTokens = fitting }, continued[i] = new CollectingSink());
            total += fitting;
        }

        while (loop.HasWork)
        {
            cancellation.ThrowIfCancellationRequested();
            loop.Step();
            report(loop.Statistics.TokensPrefilled + loop.Statistics.TokensGenerated, total);
        }

        var results = new long[sequences.Count][];
        for (var i = 0; i < sequences.Count; i++)
        {
            // Reading an answer throws what its request failed with.
            _ = observed[i].Completion;
            results[i] = continued[i] is { } sink ? [.. sink.Completion.Tokens.Select(static token => (long)token)] : [];
        }

        return results;
    }
}
