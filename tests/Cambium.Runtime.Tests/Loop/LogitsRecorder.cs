using Cambium.Text.Templates;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>Keeps the bits of what an observer sees.</summary>
internal sealed class LogitsRecorder : IPromptObserver
{
    public SortedDictionary<int, float[]> Logits { get; } = [];

    public SortedDictionary<(int Index, int Position), float[]> States { get; } = [];

    void IPromptObserver.Logits(int position, ReadOnlySpan<float> logits) => Logits.Add(position, logits.ToArray());

    void IPromptObserver.Hidden(int index, int position, ReadOnlySpan<float> hidden) => States.Add((index, position), hidden.ToArray());
}
