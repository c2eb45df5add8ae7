using System.Globalization;

namespace Cambium.Compiler.Types;

/// <summary>A value of an attribute.</summary>
public abstract record AttributeValue
{
    /// <summary>The number that it stands for, where the op takes one; null for what is none.</summary>
    public ScalarExpression? AsNumber() => this switch
    {
        NumberValue number => new ScalarExpression.Constant(number.Value),
        SizeValue size => new ScalarExpression.Extent(size.Value),
        SymbolValue symbol => new ScalarExpression.Symbol(symbol.Name),
        ScoreValue computed => computed.Body,
        _ => null,
    };
}

/// <summary>A size.</summary>
public sealed record SizeValue(Size Value) : AttributeValue;

/// <summary>A number.</summary>
public sealed record NumberValue(double Value) : AttributeValue;

/// <summary>The name of an option, a weight or a function.</summary>
public sealed record SymbolValue(string Name) : AttributeValue;

/// <summary>A scalar function of score, positions, head and captured operands.</summary>
public sealed record ScoreValue(ScalarExpression Body) : AttributeValue;

/// <summary>A named attribute.</summary>
public sealed record NodeAttribute(string Name, AttributeValue Value)
{
    /// <summary>Axes of a shape: <c>d0</c>, <c>d1</c> and so on.</summary>
    public static IReadOnlyList<NodeAttribute> Trailing(IEnumerable<Size> shape) =>
        [.. shape.Select(static (size, axis) => new NodeAttribute("d" + axis.ToString(CultureInfo.InvariantCulture), new SizeValue(size)))];
}
