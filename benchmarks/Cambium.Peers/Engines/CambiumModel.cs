using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Loading;

namespace Cambium.Benchmarks;

/// <summary>A file in Cambium, with the weights in memory in the type of the file.</summary>
internal sealed class CambiumModel : IDisposable
{
    private readonly CompiledModel _model;

    /// <exception cref="Cambium.Checkpoints.CheckpointException">The file has a type that Cambium does not read.</exception>
    public CambiumModel(string path, CancellationToken cancellation) =>
        _model = Zoo.Load(path, new LoadOptions { Cancellation = cancellation });

    /// <param name="threads">Threads of the engine.</param>
    /// <param name="tokens">Tokens whose keys and values the pool holds, over all sequences.</param>
    /// <param name="sequences">Most sequences.</param>
    public EngineLoop Open(int threads, int tokens, int sequences = 1) =>
        new(_model, new EngineOptions { Threads = threads, PoolTokens = tokens, MaxSequences = sequences });

    public int[] Encode(string text) => [.. _model.Checkpoint.Tokenizer!.Encode(text)];

    /// <summary>Logits [vocabulary] of every position of a sequence.</summary>
    public void Logits(int threads, int[] tokens, Action<int, ReadOnlySpan<float>> row)
    {
        using var loop = Open(threads, 2 * tokens.Length);
        var observer = new Observer(tokens.Length, row);
        loop.Run(new Request { PromptTokens = tokens, MaxTokens = 1, EosTokens = [], WantsText = false, Observer = observer });
    }

    public void Dispose() => _model.Dispose();

    private sealed class Observer(int tokens, Action<int, ReadOnlySpan<float>> row) : IPromptObserver
    {
        public void Logits(int position, ReadOnlySpan<float> logits)
        {
            if (position < tokens)
                row(position, logits);
        }

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden)
        {
        }
    }
}
