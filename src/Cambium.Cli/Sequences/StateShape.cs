using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>Number of hidden states per position (embeddings, then one per layer) and their width.</summary>
internal readonly record struct StateShape(int Count, int Width)
{
    /// <summary>Measures the shape by computing one token. The tool needs no knowledge of the model.</summary>
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

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden) =>
            Shape = new StateShape(Math.Max(Shape.Count, index + 1), hidden.Length);
    }
}
