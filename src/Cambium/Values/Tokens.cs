namespace Cambium;

/// <summary>Token ids of the batch, [T].</summary>
public sealed class Tokens
{
    private Tokens()
    {
    }
}
