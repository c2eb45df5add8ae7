using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Ops;

/// <summary>The input of a shape rule.</summary>
/// <param name="Operands">Types of the operands, in the order of the definition, without missing optional ones.</param>
/// <param name="Describe">The author's expression for operand i, with its type.</param>
public sealed record OpUse(OpDefinition Op, IReadOnlyList<TensorType> Operands, IReadOnlyList<NodeAttribute> Attributes, Func<int, string> Describe)
{
    public AttributeValue? this[string name] => Attributes.FirstOrDefault(attribute => attribute.Name == name)?.Value;

    public Size SizeOf(string name) => ((SizeValue)this[name]!).Value;

    public EquatableArray<Size> ShapeOf(string name) => ((ShapeValue)this[name]!).Sizes;

    /// <summary>An error of the rule, with a message for the author.</summary>
    public ShapeException Error(string message) => new(message);
}

/// <summary>Thrown by shape rules; the message is for the author.</summary>
public sealed class ShapeException(string message) : Exception(message);

/// <summary>Types of the results, one for each; throws <see cref="ShapeException"/>.</summary>
public delegate IReadOnlyList<TensorType> ShapeRule(OpUse use);

/// <summary>The input of an op's definition, and methods that add simpler ops.</summary>
public interface IExpansion
{
    IReadOnlyList<int> Operands { get; }

    AttributeValue? this[string attribute] { get; }

    TensorType TypeOf(int value);

    /// <summary>The value as a constant; null if it is not one.</summary>
    double? ConstantOf(int value);

    int Add(string op, params int[] operands);

    /// <summary>Elements <paramref name="begin"/> .. begin + count of the last axis.</summary>
    int Slice(int x, Size begin, Size count);
}

/// <summary>The simpler ops that replace an op: a value for each result; null where the op stays.</summary>
public delegate IReadOnlyList<int>? OpExpansion(IExpansion build);

/// <summary>The computation of a reduction in one pass.</summary>
/// <param name="Accumulates"><c>sum</c> or <c>reduce_max</c>.</param>
/// <param name="DividesByCount">The result is divided by the number of elements.</param>
public sealed record ReductionRule(string Accumulates, bool DividesByCount = false);

/// <summary>One op: every fact about it. A reflection test lists the empty cells with the reason for each.</summary>
/// <param name="Name">Name in the graph's text, lower case.</param>
/// <param name="Summary">One line of documentation.</param>
public sealed record OpDefinition(string Name, OpKind Kind, string Summary, EquatableArray<OpParameter> Parameters)
{
    /// <summary>Name of the method in the authoring API; null where authors cannot write the op.</summary>
    public string? Method { get; init; }

    /// <summary>The C# operator that authors write for a host op; null for other ops.</summary>
    public string? Operator { get; init; }

    /// <summary>Null where the types come from declarations: a weight's, or those of the functions that a control op runs.</summary>
    public ShapeRule? Shape { get; init; }

    /// <summary>
    /// Floating-point operations for one element of the result. <see cref="OpKind.Product"/> and <see cref="OpKind.Attention"/> have their own rule.
    /// </summary>
    public int FlopsPerElement { get; init; }

    /// <summary>The definition in terms of simpler ops, always or where operands allow it.</summary>
    public OpExpansion? Expand { get; init; }

    /// <summary>For ops of scalar expressions: the meaning by dialect.</summary>
    public ScalarMeaning? Scalar { get; init; }

    /// <summary>
    /// How the op is computed on whole parameters when a checkpoint is loaded: C# over the runtime's <c>Parameter</c>, with <c>{0}</c> for an
    /// operand, <c>{operands}</c> for all of them, <c>{shape}</c> for the result's shape and <c>{name}</c> for an attribute. Elementwise ops map
    /// <see cref="Scalar"/>.
    /// </summary>
    public string? AtLoad { get; init; }

    public ReductionRule? Reduction { get; init; }

    public OpGradient Gradient { get; init; } = OpGradient.NotYet;

    public IEnumerable<OpParameter> Tensors => Parameters.Where(static parameter => parameter.Role != ParameterRole.Attribute);

    public IEnumerable<OpParameter> Attributes => Parameters.Where(static parameter => parameter.Role == ParameterRole.Attribute);

    /// <summary>Whether the op takes any number of operands.</summary>
    public bool IsVariadic => Parameters.Any(static parameter => parameter.Role == ParameterRole.Tensors);

    public OpParameter? Attribute(string name) => Attributes.FirstOrDefault(attribute => attribute.Name == name);
}
