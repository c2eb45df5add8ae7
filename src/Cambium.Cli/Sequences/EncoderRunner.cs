using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>Computes whole sequences with an encoder. Encoders have no continuations.</summary>
internal sealed class EncoderRunner(CompiledModel model, string entry, EngineOptions options) : ISequenceRunner
{
    private readonly Encoder _encoder = new(model, entry, new EncoderOptions
    {
        Threads = options.Threads,
        ChunkSize = options.ChunkSize,
        MaxRowsPerStep = options.MaxRowsPerStep,
        KvStorage = options.KvStorage,
    });

    public EntryPoint Entry => _encoder.EntryPoint;

    public string Result => "encoded";

    public int ContextLength => _encoder.ContextLength ?? int.MaxValue;

    public string? Summary => null;

    public int Fitting(TokenSequence sequence, int wanted) => 0;

    public IReadOnlyList<long[]> Run(
        IReadOnlyList<TokenSequence> sequences,
        Func<int, int> greedy,
        Func<int, IPromptObserver> observe,
        Action<double, double> report,
        CancellationToken cancellation)
    {
        EncoderInput InputOf(TokenSequence sequence, int i) =>
            new(sequence.Tokens) { Ids = sequence.Ids, Floats = sequence.Floats, Observer = observe(i) };
        var inputs = sequences.Select(InputOf).ToList();
        var done = new double[sequences.Count + 1];
        for (var i = 0; i < sequences.Count; i++)
            done[i + 1] = done[i] + sequences[i].Tokens.Length;
        _encoder.Run(inputs, new Reporter(count => report(done[count], done[^1])), cancellation);
        return [.. sequences.Select(static _ => Array.Empty<long>())];
    }

    public void Dispose() => _encoder.Dispose();

    // Progress<T> would report later and from another thread.
    private sealed class Reporter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
