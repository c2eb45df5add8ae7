using Cambium.Runtime;

namespace Cambium.TestKit;

/// <summary>Records the logits and hidden states that an observer gets.</summary>
public sealed class LogitsRecorder : IPromptObserver
{
    public SortedDictionary<int, float[]> Logits { get; } = [];

    public SortedDictionary<(int Index, int Position), float[]> States { get; } = [];

    void IPromptObserver.Logits(int position, ReadOnlySpan<float> logits) => Logits.Add(position, logits.ToArray());

    void IPromptObserver.Hidden(int index, int position, ReadOnlySpan<float> hidden) => States.Add((index, position), hidden.ToArray());
}
