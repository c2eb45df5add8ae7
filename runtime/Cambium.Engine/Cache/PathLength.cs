namespace Cambium.Runtime.Cache;

/// <summary>
/// The length of a path in the tree, including the tokens placed for the coming step. The three numbers differ as soon as a path holds keys that are
/// not computed from tokens.
/// </summary>
/// <param name="Keys">Keys that attention reads.</param>
/// <param name="Tokens">Tokens of the sequence.</param>
/// <param name="Positions">Logical positions; the next token has this one.</param>
public readonly record struct PathLength(int Keys, int Tokens, int Positions);
