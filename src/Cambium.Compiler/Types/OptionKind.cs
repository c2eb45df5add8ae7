namespace Cambium.Compiler.Types;

/// <summary>What kind of value an option has.</summary>
public enum OptionKind
{
    Int,
    Float,
    Bool,
    Text,
    Rotary,

    /// <summary>A text of which certain values are known, each under a name.</summary>
    Enum,

    /// <summary>The block's place in its stack, from 0; no setting.</summary>
    Index,
}
