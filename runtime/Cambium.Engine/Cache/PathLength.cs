namespace Cambium.Runtime.Cache;

/// <summary>
/// The length of a path in the tree in three units, which are equal only while the path has no given nodes: a given node (a learned prefix) has keys
/// and takes positions, but has no tokens, and its two numbers may differ.
/// </summary>
/// <param name="Tokens">Tokens of the sequence. Pages and work are counted in tokens: chunks are cut at multiples from the first token.</param>
/// <param name="Keys">Keys that the next token attends to.</param>
/// <param name="Positions">Logical position of the next token. The model's context limits this number.</param>
public readonly record struct PathLength(int Tokens, int Keys, int Positions)
{
    /// <summary>Logical position of the first token.</summary>
    public int GivenPositions => Positions - Tokens;

    /// <summary>The path after more tokens: each adds one key and takes one position.</summary>
    public PathLength Plus(int tokens) => new(Tokens + tokens, Keys + tokens, Positions + tokens);
}
