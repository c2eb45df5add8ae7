namespace Cambium.Runtime;

/// <summary>The result of an entry point for one sequence.</summary>
/// <param name="Rows">Results: one for each token, or a single one for the first or the last token.</param>
/// <param name="Width">Floats in a row.</param>
/// <param name="Values">[Rows, Width] in row-major order.</param>
public sealed record EncodedSequence(int Rows, int Width, float[] Values)
{
    /// <summary>One row.</summary>
    public ReadOnlySpan<float> this[int row] => Values.AsSpan(row * Width, Width);
}
