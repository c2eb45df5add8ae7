using System.Globalization;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Graph;

/// <summary>An expression of one number, as in the score function of attention. Prints as a prefix form: <c>(sub score (mul #3 (sub query key)))</c>.</summary>
public abstract record ScalarExpression
{
    /// <summary>Inputs that a score function has: <c>score</c>, <c>query</c>, <c>key</c> (positions), <c>head</c>; and <c>layer</c>, the round of the loop, everywhere.</summary>
    public sealed record Input(string Name) : ScalarExpression
    {
        public override string ToString() => Name;
    }

    public sealed record Constant(double Value) : ScalarExpression
    {
        public override string ToString() => GraphText.Number(Value);
    }

    /// <summary>A size, as a number: <c>@{2*Heads}</c>.</summary>
    public sealed record Extent(Size Value) : ScalarExpression
    {
        public override string ToString() => $"@{{{Value}}}";
    }

    /// <summary>An element of a row program's input.</summary>
    public sealed record Element(int Index) : ScalarExpression
    {
        public override string ToString() => "$" + Index.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A value that the row program computed before.</summary>
    public sealed record Local(int Index) : ScalarExpression
    {
        public override string ToString() => "%" + Index.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>An option: <c>@Slope</c>.</summary>
    public sealed record Symbol(string Name) : ScalarExpression
    {
        public override string ToString() => "@" + Name;
    }

    /// <summary>Does a string option have a value?</summary>
    public sealed record TextIs(string Option, string Value) : ScalarExpression
    {
        public override string ToString() => $"(text_is @{Option} {GraphText.Quote(Value)})";
    }

    /// <summary>The element for the current head of an operand: a vector of one value per head.</summary>
    public sealed record PerHead(int Operand) : ScalarExpression
    {
        public override string ToString() => "#" + Operand.ToString(CultureInfo.InvariantCulture);
    }

    public sealed record Apply(string Op, EquatableArray<ScalarExpression> Arguments) : ScalarExpression
    {
        public Apply(string op, params ScalarExpression[] arguments)
            : this(op, arguments.ToEquatableArray())
        {
        }

        public override string ToString() => $"({Op} {string.Join(" ", Arguments)})";
    }

    /// <summary>The expression and everything in it, outermost first.</summary>
    public IEnumerable<ScalarExpression> Walk() => this is Apply apply ? apply.Arguments.SelectMany(static argument => argument.Walk()).Prepend(this) : [this];
}
