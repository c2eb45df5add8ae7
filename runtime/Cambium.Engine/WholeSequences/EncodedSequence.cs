namespace Cambium.Runtime;

/// <summary>What an entry point gives for one sequence.</summary>
/// <param name="Rows">Results: one for each token, or one alone where the entry point asks for the first or the last.</param>
/// <param name="Width">Floats in a row.</param>
/// <param name="Values">[Rows, Width] in row-major order.</param>
public sealed record EncodedSequence(int Rows, int Width, float[] Values)
{
    /// <summary>One row.</summary>
    public ReadOnlySpan<float> this[int row] => Values.AsSpan(row * Width, Width);
}
