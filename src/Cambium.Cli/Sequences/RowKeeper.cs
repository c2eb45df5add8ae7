using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>Keeps the logits of one sequence in memory.</summary>
/// <param name="tokens">Tokens of the sequence.</param>
/// <param name="width">Floats per row.</param>
internal sealed class RowKeeper(int tokens, int width) : IPromptObserver
{
    private readonly float[] _rows = new float[checked(tokens * width)];

    public ReadOnlySpan<float> Row(int position) => _rows.AsSpan(position * width, width);

    void IPromptObserver.Logits(int position, ReadOnlySpan<float> logits)
    {
        if (position < tokens)
            logits.CopyTo(_rows.AsSpan(position * width));
    }

    void IPromptObserver.Hidden(int index, int position, ReadOnlySpan<float> hidden)
    {
    }
}
