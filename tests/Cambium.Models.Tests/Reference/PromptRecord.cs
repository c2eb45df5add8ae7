using Cambium.Runtime;
using Cambium.Text.Templates;

namespace Cambium.Models.Tests.Reference;

/// <summary>Records the logits and hidden states of one prompt.</summary>
internal sealed class PromptRecord(int tokens, int vocabulary) : IPromptObserver
{
    private readonly List<float[]> _hidden = [];

    /// <summary>[tokens, vocabulary]</summary>
    public float[] Logits { get; } = NotANumber(tokens * vocabulary);

    /// <summary>[states, tokens, hidden size]</summary>
    public float[] Hidden => [.. _hidden.SelectMany(static state => state)];

    void IPromptObserver.Logits(int position, ReadOnlySpan<float> logits)
    {
        // Later positions belong to the generated continuation.
        if (position < tokens)
            logits.CopyTo(Logits.AsSpan(position * vocabulary));
    }

    void IPromptObserver.Hidden(int index, int position, ReadOnlySpan<float> hidden)
    {
        while (_hidden.Count <= index)
            _hidden.Add(NotANumber(tokens * hidden.Length));
        if (position < tokens)
            hidden.CopyTo(_hidden[index].AsSpan(position * hidden.Length));
    }

    // A value that is never written must not equal any expected value.
    private static float[] NotANumber(int count)
    {
        var values = new float[count];
        Array.Fill(values, float.NaN);
        return values;
    }
}
