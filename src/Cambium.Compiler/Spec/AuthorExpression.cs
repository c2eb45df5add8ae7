namespace Cambium.Compiler.Spec;

/// <summary>An expression of an author's function, as the source of nodes in a graph.</summary>
/// <param name="TypeName">The class that contains the text.</param>
/// <param name="IsCondition">The expression is the condition of an <c>if</c> statement.</param>
/// <param name="Members">
/// Members that the caller passed for parameters of the function, by parameter. A helper <c>Norm(x, gain)</c> is called for several gains, and a
/// remark names the gain of the call.
/// </param>
public sealed record AuthorExpression(string TypeName, Expression Expression, bool IsCondition, IReadOnlyDictionary<string, string> Members)
{
    /// <summary>The text, with <c>..</c> in place of the arguments that are calls.</summary>
    public string Summary => ExpressionText.Print(this, static _ => false, depth: 1);

    /// <summary>Every expression inside of this one.</summary>
    public IEnumerable<Expression> Inner
    {
        get
        {
            var pending = new Stack<Expression>(PartsOf(Expression));
            while (pending.Count > 0)
            {
                var part = pending.Pop();
                yield return part;
                foreach (var inner in PartsOf(part))
                    pending.Push(inner);
            }
        }
    }

    private static IEnumerable<Expression> PartsOf(Expression expression) => expression switch
    {
        PropertyRef property => [property.Target],
        ItemOf item => [item.Target, item.Index],
        OpCall call => call.Arguments.Select(static argument => argument.Value),
        HostOp operation => operation.Operands,
        Conditional choice => [choice.Condition, choice.WhenTrue, choice.WhenFalse],
        BlockCall { Target: { } target } call => call.Arguments.Prepend(target),
        BlockCall call => call.Arguments,
        TupleOf tuple => tuple.Items,
        LambdaOf lambda => [lambda.Body],
        _ => [],
    };
}
