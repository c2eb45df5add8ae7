namespace Cambium.Compiler.Types;

/// <summary>The kind of an option's value.</summary>
public enum OptionKind
{
    Int,
    Float,
    Bool,
    Text,
    Rotary,

    /// <summary>One of several texts, each with a name.</summary>
    Enum,

    /// <summary>The index of the block in its stack, from 0. Not read from the config.</summary>
    Index,
}
