namespace Cambium.Runtime.Steps;

/// <summary>What a node adds to the attention state of the rows below it.</summary>
public enum NodeKind
{
    /// <summary>Keys and values in a page of the chunk store.</summary>
    Tokens,

    /// <summary>Keys and values that are given, such as those of a learned prefix (<see cref="Chunks.RowData"/>).</summary>
    Rows,

    /// <summary>A state in place of keys and values (<see cref="Chunks.StateData"/>).</summary>
    State,

    /// <summary>Keys and values with a softmax of their own (<see cref="Chunks.SideData"/>).</summary>
    Side,

    /// <summary>Nothing: the node changes the identity of everything below it. Plans do not list it.</summary>
    Mark,
}
