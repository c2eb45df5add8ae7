namespace Cambium;

/// <summary>Token ids of the batch, or their positions, [T].</summary>
public sealed class Tokens
{
    private Tokens()
    {
    }

    /// <summary>The same as <see cref="Operations.Shift"/>.</summary>
    public static Tokens operator +(Tokens tokens, int by) => throw ReadNotRun.Error("+");
}
