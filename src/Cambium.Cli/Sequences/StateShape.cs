using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>How many hidden states a position has (embeddings, then one per layer) and how wide they are.</summary>
internal readonly record struct StateShape(int Count, int Width)
{
    /// <summary>Finds out by computing one token, so that nothing has to be known about the model.</summary>
    public static StateShape Probe(ISequenceRunner runner, TokenSequence sequence)
    {
        var probe = new Counter();
        runner.Run([sequence.First()], static _ => 0, _ => probe, static (_, _) => { }, CancellationToken.None);
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
