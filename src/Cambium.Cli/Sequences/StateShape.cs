using Cambium.Runtime.Engine;

namespace Cambium.Cli.Sequences;

/// <summary>How many hidden states a position has (embeddings, then one per layer) and how wide they are.</summary>
internal readonly record struct StateShape(int Count, int Width)
{
    /// <summary>Finds out by computing one token, so that nothing has to be known about the model.</summary>
    public static StateShape Probe(EngineLoop loop, int token)
    {
        var probe = new Counter();
        loop.Run(new Request { PromptTokens = new[] { token }, MaxTokens = 1, EndOfText = [], WantsText = false, Observer = probe });
        return probe.Shape;
    }

    private sealed class Counter : IPromptObserver
    {
        public StateShape Shape { get; private set; }

        public void Logits(int position, ReadOnlySpan<float> logits)
        {
        }

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden) => Shape = new StateShape(Math.Max(Shape.Count, index + 1), hidden.Length);
    }
}
