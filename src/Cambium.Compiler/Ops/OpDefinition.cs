using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;


namespace Cambium.Compiler.Ops;

/// <summary>How the compiler treats an op. Passes and emitters look at this, never at one op's name where a kind will do.</summary>
public enum OpKind
{
    /// <summary>A constant, an option or a weight; costs nothing.</summary>
    Source,

    /// <summary>One result element from the elements at the same place, with broadcasting.</summary>
    Elementwise,

    /// <summary>The last axis becomes one element.</summary>
    Reduction,

    /// <summary>Mixes elements inside the last axis of a row.</summary>
    Group,

    /// <summary>The same elements under another shape.</summary>
    View,

    /// <summary>A run of the last axis.</summary>
    Slice,

    /// <summary>Elements of a row in another order, of several rows side by side, repeated, or multiplied as matrices: a program of whole rows.</summary>
    Arrange,

    /// <summary>Rows of a table by index.</summary>
    Gather,

    /// <summary>Rows times the transpose of a weight.</summary>
    Product,

    /// <summary>Stores rows where attention will read them.</summary>
    Append,

    /// <summary>Mixes rows: attention.</summary>
    Attention,

    /// <summary>Keeps the rows whose results are wanted.</summary>
    Select,

    /// <summary>Runs another function.</summary>
    Control,

    /// <summary>Defined by other ops; expanded before fusion.</summary>
    Composite,

    /// <summary>Another way to write several ops; lowering writes these, so it is in no graph.</summary>
    Sugar,
}

/// <summary>What a parameter of an op takes.</summary>
public enum ParameterRole
{
    /// <summary>A tensor, or a number where ops broadcast.</summary>
    Tensor,

    /// <summary>Any number of tensors; the last parameter.</summary>
    Tensors,

    /// <summary>A compile-time attribute.</summary>
    Attribute,
}

/// <summary>A parameter of an op, by its name in the authoring API.</summary>
/// <param name="Neutral">The number that stands for an optional operand that is missing; null where the node then has an operand less.</param>
public sealed record OpParameter(string Name, ParameterRole Role = ParameterRole.Tensor, bool Optional = false, double? Neutral = null)
{
    /// <summary>Every node has this operand.</summary>
    public bool IsAlwaysThere => !Optional || Neutral is not null;
}

/// <summary>What a shape rule sees.</summary>
/// <param name="Operands">Types of the operands, in the order of the definition; optional ones that are missing are left out.</param>
/// <param name="Describe">The author's words for operand i.</param>
public sealed record OpUse(OpDefinition Op, IReadOnlyList<TensorType> Operands, IReadOnlyList<NodeAttribute> Attributes, Func<int, string> Describe)
{
    public AttributeValue? this[string name] => Attributes.FirstOrDefault(attribute => attribute.Name == name)?.Value;

    /// <summary>Ends the rule with a message for the author.</summary>
    public ShapeException Wrong(string message) => new(message);
}

/// <summary>Thrown by shape rules; the message is for the author.</summary>
public sealed class ShapeException(string message) : Exception(message);

/// <summary>One op: everything the compiler knows of it.</summary>
/// <param name="Name">Name in the graph's text, lower case.</param>
/// <param name="Method">Name of the method in the authoring API, or null where authors cannot write it.</param>
/// <param name="Summary">One line of documentation.</param>
/// <param name="Shape">Types of the results; throws <see cref="ShapeException"/>.</param>
/// <param name="FlopsPerElement">Floating-point operations for one element of the result; <see cref="OpKind.Product"/> and <see cref="OpKind.Attention"/> have their own rule.</param>
public sealed record OpDefinition(
    string Name,
    string? Method,
    OpKind Kind,
    string Summary,
    EquatableArray<OpParameter> Parameters,
    Func<OpUse, TensorType> Shape,
    int FlopsPerElement = 0)
{
    public IEnumerable<OpParameter> Tensors => Parameters.Where(static parameter => parameter.Role != ParameterRole.Attribute);

    /// <summary>Does it take any number of operands?</summary>
    public bool IsVariadic => Parameters.Any(static parameter => parameter.Role == ParameterRole.Tensors);
}
