namespace Cambium.Runtime.Steps;

/// <summary>What a node of a plan adds to the attention state of the rows below it.</summary>
public enum NodeKind
{
    /// <summary>Keys and values in a page of the chunk store.</summary>
    Tokens,
}
