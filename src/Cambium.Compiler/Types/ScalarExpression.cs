using System.Globalization;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Types;

/// <summary>
/// An expression for one number, such as the score function of attention. Printed in prefix form: <c>(sub score (mul #3[head] (sub query key)))</c>.
/// </summary>
public abstract record ScalarExpression
{
    /// <summary>
    /// An input of a score function: <c>score</c>, <c>query</c>, <c>key</c> (positions) or <c>head</c>. Every expression has <c>layer</c>, the round
    /// of the loop.
    /// </summary>
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

    /// <summary>An earlier value of the row program.</summary>
    public sealed record Local(int Index) : ScalarExpression
    {
        public override string ToString() => "%" + Index.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>An option: <c>@Slope</c>.</summary>
    public sealed record Symbol(string Name) : ScalarExpression
    {
        public override string ToString() => "@" + Name;
    }

    /// <summary>One value of a list option: <c>(int_item @Windows layer)</c>.</summary>
    /// <param name="Kind">Int, float or bool.</param>
    public sealed record ItemOf(string Option, OptionKind Kind, ScalarExpression Index) : ScalarExpression
    {
        public override string ToString() => $"({Kind.ToString().ToLowerInvariant()}_item @{Option} {Index})";
    }

    /// <summary>Whether a string option (or one element of an option that is a list of strings) equals <paramref name="Value"/>.</summary>
    /// <param name="Index">Index of the value in a list; null for an option that is not a list.</param>
    public sealed record TextIs(string Option, string Value, ScalarExpression? Index = null) : ScalarExpression
    {
        public override string ToString() => $"(text_is @{Option} {GraphText.Quote(Value)}{(Index is null ? "" : " " + Index)})";
    }

    /// <summary>
    /// An element of an operand that is a parameter, by one index per axis: <c>#3[head]</c>. An index is truncated to a whole number and clamped to
    /// the axis.
    /// </summary>
    public sealed record Lookup(int Operand, EquatableArray<ScalarExpression> Indices) : ScalarExpression
    {
        public override string ToString() => $"#{Operand.ToString(CultureInfo.InvariantCulture)}[{string.Join(", ", Indices)}]";
    }

    public sealed record Apply(string Op, EquatableArray<ScalarExpression> Arguments) : ScalarExpression
    {
        public Apply(string op, params ScalarExpression[] arguments)
            : this(op, arguments.ToEquatableArray())
        {
        }

        public override string ToString() => $"({Op} {string.Join(" ", Arguments)})";
    }

    /// <summary>The expression and all subexpressions, outermost first.</summary>
    public IEnumerable<ScalarExpression> Walk() => Parts.SelectMany(static part => part.Walk()).Prepend(this);

    /// <summary>The expression with each size replaced.</summary>
    public ScalarExpression MapSizes(Func<Size, Size> change) => this switch
    {
        Extent extent => new Extent(change(extent.Value)),
        Apply apply => apply with { Arguments = apply.Arguments.Select(argument => argument.MapSizes(change)).ToEquatableArray() },
        Lookup lookup => lookup with { Indices = lookup.Indices.Select(index => index.MapSizes(change)).ToEquatableArray() },
        ItemOf item => item with { Index = item.Index.MapSizes(change) },
        TextIs { Index: { } index } text => text with { Index = index.MapSizes(change) },
        _ => this,
    };

    /// <summary>
    /// The number of parts and the number of levels, both counted up to the limits only: a part that occurs twice is one object and counts twice,
    /// so an expression can have more parts than memory has bytes.
    /// </summary>
    public (int Parts, int Depth) Measure()
    {
        var (parts, deepest) = (0, 0);
        var pending = new Stack<(ScalarExpression Part, int Depth)>();
        pending.Push((this, 1));
        while (pending.Count > 0 && parts <= CompilerLimits.ExpressionParts && deepest <= CompilerLimits.Depth)
        {
            var (part, depth) = pending.Pop();
            parts++;
            deepest = Math.Max(deepest, depth);
            foreach (var inner in part.Parts)
                pending.Push((inner, depth + 1));
        }

        return (parts, deepest);
    }

    /// <summary>Whether the expression is too large to be compared, printed and evaluated.</summary>
    public bool IsTooLarge() => Measure() is var (parts, depth) && (parts > CompilerLimits.ExpressionParts || depth > CompilerLimits.Depth);

    /// <summary>The direct subexpressions.</summary>
    public IEnumerable<ScalarExpression> Parts => this switch
    {
        Apply apply => apply.Arguments,
        Lookup lookup => lookup.Indices,
        ItemOf item => [item.Index],
        TextIs { Index: { } index } => [index],
        _ => [],
    };
}
