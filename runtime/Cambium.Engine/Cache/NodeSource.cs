namespace Cambium.Runtime.Cache;

/// <summary>Where the keys and values of a node come from.</summary>
public enum NodeSource
{
    /// <summary>None: the beginning of a namespace.</summary>
    Root,

    /// <summary>The model computes them from tokens.</summary>
    Tokens,

    /// <summary>They are given: <see cref="NodeContent"/>.</summary>
    Given,
}
