using LLama.Native;

namespace Cambium.Benchmarks;

/// <summary>Prefill and decode of llama.cpp, as arms that do the work of <see cref="EngineWork"/>.</summary>
internal sealed class LlamaSession(SafeLLamaContextHandle context) : IDisposable
{
    private readonly LLamaBatch _batch = new();
    private readonly Random _random = new(7);

    /// <summary>Computes a prompt and the logits of its last token.</summary>
    public Arm Prefill(string name, int[] prompt) => new(name, () => Compute(prompt, 0, 0))
    {
        Prepare = () => context.MemoryClear(false),
    };

    /// <summary>
    /// Generates tokens. As in llama-bench, the next tokens are random: llama.cpp's own sampling is not timed, while that of Cambium is.
    /// </summary>
    /// <param name="name">The name of the arm.</param>
    /// <param name="shared">Tokens of the common prompt, whose keys and values are copied to the sequences as references; may be empty.</param>
    /// <param name="own">Further tokens of each sequence, at least one.</param>
    /// <param name="steps">Tokens of each sequence.</param>
    public Arm Decode(string name, int[] shared, IReadOnlyList<int[]> own, int steps)
    {
        if (shared.Length > 0)
        {
            Compute(shared, 0, 0);
            for (var sequence = 1; sequence < own.Count; sequence++)
                context.MemorySequenceCopy(LLamaSeqId.Zero, (LLamaSeqId)sequence, 0, -1);
        }

        for (var sequence = 0; sequence < own.Count; sequence++)
            Compute(own[sequence], shared.Length, sequence);
        int[] lengths = [.. own.Select(tokens => shared.Length + tokens.Length)];
        return new Arm(name, () => Step(lengths, steps))
        {
            Prepare = () =>
            {
                for (var sequence = 0; sequence < lengths.Length; sequence++)
                    context.MemorySequenceRemove((LLamaSeqId)sequence, lengths[sequence], -1);
            },
        };
    }

    /// <summary>Logits [vocabulary] of every position of a sequence.</summary>
    public void Logits(int[] tokens, Action<int, ReadOnlySpan<float>> row)
    {
        context.MemoryClear(false);
        _batch.Clear();
        for (var i = 0; i < tokens.Length; i++)
            _batch.Add(tokens[i], i, LLamaSeqId.Zero, true);
        Run();
        for (var i = 0; i < tokens.Length; i++)
            row(i, context.GetLogitsIth(i));
    }

    public void Dispose() => context.Dispose();

    private void Compute(int[] tokens, int start, int sequence)
    {
        // No batch may be larger than n_batch.
        const int most = 2048;
        for (var begin = 0; begin < tokens.Length; begin += most)
        {
            _batch.Clear();
            for (var i = begin; i < Math.Min(begin + most, tokens.Length); i++)
                _batch.Add(tokens[i], start + i, (LLamaSeqId)sequence, i == tokens.Length - 1);
            Run();
        }
    }

    private void Step(int[] lengths, int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            _batch.Clear();
            for (var sequence = 0; sequence < lengths.Length; sequence++)
                _batch.Add(_random.Next(RandomLlama.Vocabulary), lengths[sequence] + step, (LLamaSeqId)sequence, true);
            Run();
        }
    }

    private void Run()
    {
        if (context.Decode(_batch) is var result && result != DecodeResult.Ok)
            throw new InvalidOperationException($"llama.cpp could not compute a batch of {_batch.TokenCount} tokens: {result}.");
        context.Synchronize();
    }
}
