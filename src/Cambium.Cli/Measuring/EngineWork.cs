using Cambium.Runtime;

namespace Cambium.Measuring;

/// <summary>Prefill and decode of an engine, as arms.</summary>
/// <param name="loop">The engine. Nothing else submits requests to it.</param>
/// <param name="vocabulary">Number of token ids.</param>
/// <param name="cancellation">Checked between steps.</param>
internal sealed class EngineWork(EngineLoop loop, int vocabulary, CancellationToken cancellation)
{
    private readonly Dictionary<long, CollectingSink> _running = [];

    public int Vocabulary => vocabulary;

    /// <summary>Computes a prompt up to its first token.</summary>
    /// <param name="name">The name of the arm.</param>
    /// <param name="prompt">Draws the prompt of a sample. A prompt of an earlier sample is in the KV cache, so each has to be new.</param>
    public Arm Prefill(string name, Func<int[]> prompt)
    {
        int[] drawn = [];
        return new Arm(name, () => Compute([drawn]))
        {
            Prepare = () =>
            {
                Cancel();
                drawn = prompt();
            },
        };
    }

    /// <summary>Generates tokens in sequences that have their first token.</summary>
    /// <param name="name">The name of the arm.</param>
    /// <param name="prompts">The prompts of a sample.</param>
    /// <param name="steps">Tokens of each sequence.</param>
    public Arm Decode(string name, Func<IReadOnlyList<int[]>> prompts, int steps) => new(name, () => Step(steps))
    {
        Prepare = () =>
        {
            Cancel();
            var drawn = prompts();
            // All but the last token of each is in the KV cache afterwards. So the sequences below start in the same step, or nearly.
            Compute(drawn);
            foreach (var prompt in drawn)
            {
                var sink = new CollectingSink();
                _running.Add(loop.Submit(RequestOf(prompt, null), sink), sink);
            }

            while (_running.Values.Any(static sink => sink.Tokens.Count == 0))
                StepOnce();
        },
    };

    /// <summary>Ends the sequences of the last sample.</summary>
    public void Cancel()
    {
        foreach (var request in _running.Keys)
            loop.Cancel(request);
        _running.Clear();
    }

    private void Compute(IReadOnlyList<int[]> prompts)
    {
        foreach (var prompt in prompts)
            loop.Submit(RequestOf(prompt, 1), new CollectingSink());
        while (loop.HasWork)
            StepOnce();
    }

    /// <exception cref="InsufficientMemoryException">Sequences were preempted or ended, so the time is not that of their decoding.</exception>
    private void Step(int steps)
    {
        var before = Generated();
        for (var i = 0; i < steps; i++)
            StepOnce();
        if (Generated() - before is var tokens && tokens != steps * _running.Count)
        {
            throw new InsufficientMemoryException(
                $"{_running.Count} sequences generated {tokens} tokens in {steps} steps, not {steps * _running.Count}: a pool of {loop.PoolTokens} "
                + $"tokens and a context of {loop.ContextLength} do not hold them. Measure fewer or shorter sequences, or raise the pool.");
        }
    }

    private int Generated() => _running.Values.Sum(static sink => sink.Tokens.Count);

    private void StepOnce()
    {
        cancellation.ThrowIfCancellationRequested();
        loop.Step();
    }

    private static Request RequestOf(int[] prompt, int? tokens) =>
        new() { PromptTokens = prompt, MaxTokens = tokens, EosTokens = [], WantsText = false };
}
