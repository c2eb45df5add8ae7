using Cambium.Runtime;

namespace Cambium.Cli.Sequences;

/// <summary>Keeps the results of one sequence.</summary>
/// <param name="tokens">Its tokens.</param>
/// <param name="width">Floats of a row.</param>
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
