using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>
/// Computes sequences and their greedy continuations in one engine and one batch. Each sequence is submitted twice: with an observer, which
/// computes all of its positions, and for the continuation, which finds the keys and values of the first request in the KV cache.
/// </summary>
internal sealed class EngineRunner : ISequenceRunner
{
    private readonly CompiledModel _model;
    private readonly EngineLoop _loop;
    private readonly IReadOnlyList<PrefixUse> _prefixes;

    /// <param name="model">The model.</param>
    /// <param name="options">The engine.</param>
    /// <param name="prefixes">Loads the prefixes of all sequences; null for none.</param>
    public EngineRunner(CompiledModel model, EngineOptions options, Func<EngineLoop, IReadOnlyList<PrefixUse>>? prefixes = null)
    {
        _model = model;
        _loop = new EngineLoop(model, options);
        try
        {
            _prefixes = prefixes?.Invoke(_loop) ?? [];
        }
        catch
        {
            _loop.Dispose();
            throw;
        }
    }

    public EntryPoint Entry => _model.EntryPoints[0];

    public string Result => "logits";

    public int ContextLength => _loop.ContextLength;

    public string Summary =>
        $"{_loop.Statistics.TokensCached} prompt tokens were cached, "
        + $"{_loop.Statistics.SharedBlocks} of {_loop.Statistics.Blocks} attention blocks were shared.";

    // The last generated token is never an input, so it takes no place in the context.
    public int Fitting(TokenSequence sequence, int wanted) =>
        (int)Math.Min(wanted, _loop.ContextLength + 1L - sequence.Tokens.Length);

    public IReadOnlyList<long[]> Run(
        IReadOnlyList<TokenSequence> sequences,
        Func<int, int> greedy,
        Func<int, IPromptObserver> observe,
        Action<double, double> report,
        CancellationToken cancellation)
    {
        var observed = new CollectingSink[sequences.Count];
        var continued = new CollectingSink?[sequences.Count];
        var total = 0.0;
        for (var i = 0; i < sequences.Count; i++)
        {
            var request = new Request { PromptTokens = sequences[i].Tokens, MaxTokens = 1, EosTokens = [], WantsText = false, Prefixes = _prefixes };
            _loop.Submit(request with { Observer = observe(i) }, observed[i] = new CollectingSink());
            total += sequences[i].Tokens.Length;
            var fitting = Fitting(sequences[i], greedy(i));
            if (fitting > 0)
                _loop.Submit(request with { MaxTokens = fitting }, continued[i] = new CollectingSink());
            total += fitting;
        }

        while (_loop.HasWork)
        {
            cancellation.ThrowIfCancellationRequested();
            _loop.Step();
            report(_loop.Statistics.TokensPrefilled + _loop.Statistics.TokensGenerated, total);
        }

        var results = new long[sequences.Count][];
        for (var i = 0; i < sequences.Count; i++)
        {
            // Throws the error of the request, if it failed.
            _ = observed[i].Completion;
            results[i] = continued[i] is { } sink ? [.. sink.Completion.Tokens.Select(static token => (long)token)] : [];
        }

        return results;
    }

    public void Dispose() => _loop.Dispose();
}
