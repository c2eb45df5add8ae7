using Cambium.Compiler.Types;

namespace Cambium.Compiler.Ops;

/// <summary>The role of a parameter of an op.</summary>
public enum ParameterRole
{
    /// <summary>A tensor. Ops that broadcast also accept a number.</summary>
    Tensor,

    /// <summary>Any number of tensors; the last tensor parameter of the op.</summary>
    Tensors,

    /// <summary>A compile-time attribute.</summary>
    Attribute,
}

/// <summary>The type of an op's argument inside a scalar expression.</summary>
public enum ScalarType
{
    Number,
    Condition,

    /// <summary>A number or a condition, as in <c>equal</c>.</summary>
    Any,
}

/// <summary>A parameter of an op, by its name in the authoring API.</summary>
public sealed record OpParameter(string Name, ParameterRole Role = ParameterRole.Tensor)
{
    public bool Optional { get; init; }

    /// <summary>The number that replaces a missing optional operand; null where the node then has one operand fewer.</summary>
    public double? Neutral { get; init; }

    /// <summary>Element type of the operand; null where the op takes every type.</summary>
    public DType? DType { get; init; } = Types.DType.F32;

    /// <summary>For attributes: the values that it takes.</summary>
    public AttributeType Type { get; init; }

    /// <summary>For optional attributes: the value of a missing one. Nodes omit an attribute that has this value.</summary>
    public AttributeValue? Default { get; init; }

    /// <summary>The type of the argument in a scalar expression.</summary>
    public ScalarType Scalar { get; init; } = ScalarType.Number;

    /// <summary>Whether every node has this operand.</summary>
    public bool IsAlwaysThere => !Optional || Neutral is not null;
}
