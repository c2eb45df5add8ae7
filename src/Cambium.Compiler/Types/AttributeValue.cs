using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Types;

/// <summary>A value of an attribute. <see cref="object.ToString"/> is its text in a graph.</summary>
public abstract record AttributeValue
{
    /// <summary>The value as a number, for ops that take one; null for other values.</summary>
    public ScalarExpression? AsNumber() => this switch
    {
        NumberValue number => new ScalarExpression.Constant(number.Value),
        SizeValue size => new ScalarExpression.Extent(size.Value),
        SymbolValue symbol => new ScalarExpression.Symbol(symbol.Name),
        ScoreValue computed => computed.Body,
        _ => null,
    };
}

/// <summary>A size: <c>Heads*HeadDim</c>.</summary>
public sealed record SizeValue(Size Value) : AttributeValue
{
    public override string ToString() => Value.ToString();
}

/// <summary>The axes of a row or of a parameter: <c>[Heads, HeadDim]</c>.</summary>
public sealed record ShapeValue(EquatableArray<Size> Sizes) : AttributeValue
{
    public override string ToString() => $"[{string.Join(", ", Sizes)}]";
}

/// <summary>A number: <c>1E-06</c>.</summary>
public sealed record NumberValue(double Value) : AttributeValue
{
    public override string ToString() => GraphText.Number(Value);
}

/// <summary><c>true</c> or <c>false</c>.</summary>
public sealed record FlagValue(bool Value) : AttributeValue
{
    public override string ToString() => Value ? "true" : "false";
}

/// <summary>The name of an option, a weight or a function: <c>@Epsilon</c>.</summary>
public sealed record SymbolValue(string Name) : AttributeValue
{
    public override string ToString() => "@" + GraphText.Name(Name);
}

/// <summary>A scalar function of score, positions, head and captured operands: <c>(sub score query)</c>.</summary>
public sealed record ScoreValue(ScalarExpression Body) : AttributeValue
{
    public override string ToString() => Body.ToString();
}

/// <summary>A named attribute.</summary>
public sealed record NodeAttribute(string Name, AttributeValue Value);
