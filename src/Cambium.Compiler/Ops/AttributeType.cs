namespace Cambium.Compiler.Ops;

/// <summary>The values that an attribute takes. <see cref="AttributeChecks"/> checks them.</summary>
public enum AttributeType
{
    /// <summary>A size.</summary>
    Size,

    /// <summary>The axes of a row or of a parameter.</summary>
    Shape,

    /// <summary>-1 (the last axis) or -2 (the axis before it).</summary>
    Axis,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A name of its own, which refers to no declaration.</summary>
    Label,

    /// <summary>The name of a weight.</summary>
    Weight,

    /// <summary>The name of a function.</summary>
    Function,

    /// <summary>The name of a rotary option.</summary>
    Rotary,

    /// <summary>A number, size, float option or host expression. The host expression can be a condition.</summary>
    Scalar,

    /// <summary>A host expression that is true or false.</summary>
    Condition,

    /// <summary>A number that is the same for every score of an attention.</summary>
    Scale,

    /// <summary>A size, or a host expression that is a whole number.</summary>
    Window,

    /// <summary>A function of the score, the positions and the head.</summary>
    Score,

    /// <summary>A condition on the positions. Lowering makes it a part of the score, so no node has it.</summary>
    Visible,

    /// <summary>One number per head, from a further operand: <c>#3[head]</c>.</summary>
    Sinks,
}
