using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>An expression of a template.</summary>
internal abstract class Expression(int line)
{
    public int Line { get; } = line;

    public object? Value(Scope scope)
    {
        TemplateRun run = scope.Run;
        run.Line = Line;
        run.Step();
        run.Enter();
        try
        {
            return Evaluate(scope);
        }
        catch (TemplateError mistake)
        {
            throw new ChatTemplateException(Line, Sentence(mistake.Message));
        }
        finally
        {
            run.Leave();
        }
    }

    /// <summary>The value; an undefined one is an error.</summary>
    public object? Defined(Scope scope) =>
        Value(scope) is var value && value is Undefined undefined ? throw new TemplateError(undefined.Problem) : value;

    protected abstract object? Evaluate(Scope scope);

    private static string Sentence(string problem) => char.ToUpperInvariant(problem[0]) + problem[1..].TrimEnd('.') + ".";
}

internal sealed class Constant(int line, object? value) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => value;
}

internal sealed class Name(int line, string name) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => scope.Get(name);
}

internal sealed class ListLiteral(int line, List<Expression> items, bool isTuple) : Expression(line)
{
    protected override object? Evaluate(Scope scope)
    {
        scope.Run.Grow(items.Count);
        List<object?> values = items.ConvertAll(item => item.Value(scope));
        return isTuple ? new PyTuple(values) : new PyList(values);
    }
}

internal sealed class DictLiteral(int line, List<(Expression Key, Expression Value)> items) : Expression(line)
{
    protected override object? Evaluate(Scope scope)
    {
        scope.Run.Grow(items.Count);
        var dict = new PyDict();
        foreach ((Expression key, Expression value) in items)
            dict.Set(scope.Run, ValueRules.Key(scope.Run, key.Value(scope)), value.Value(scope));
        return dict;
    }
}

/// <summary><c>a.b</c>: a method or attribute of the object, or else a key.</summary>
internal sealed class FieldAccess(int line, Expression target, string name) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => Access.Field(scope.Run, target.Value(scope), name);
}

/// <summary><c>a[b]</c>: a key or an index, or else a method or attribute.</summary>
internal sealed class IndexAccess(int line, Expression target, Expression index) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => Access.Index(scope.Run, target.Value(scope), index.Value(scope));
}

internal sealed class SliceAccess(int line, Expression target, Expression? from, Expression? to, Expression? step) : Expression(line)
{
    protected override object? Evaluate(Scope scope) =>
        Access.Slice(scope.Run, target.Defined(scope), from?.Defined(scope), to?.Defined(scope), step?.Defined(scope));
}

internal sealed class Conditional(int line, Expression test, Expression then, Expression? otherwise) : Expression(line)
{
    protected override object? Evaluate(Scope scope)
    {
        if (ValueRules.IsTrue(test.Value(scope)))
            return then.Value(scope);
        return otherwise is null ? new Undefined("the inline if has no else, and its condition is false") : otherwise.Value(scope);
    }
}

internal sealed class Both(int line, Expression left, Expression right) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => left.Value(scope) is var value && ValueRules.IsTrue(value) ? right.Value(scope) : value;
}

internal sealed class Either(int line, Expression left, Expression right) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => left.Value(scope) is var value && ValueRules.IsTrue(value) ? value : right.Value(scope);
}

internal sealed class Not(int line, Expression operand) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => !ValueRules.IsTrue(operand.Value(scope));
}

internal sealed class Sign(int line, Expression operand, bool negative) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => Arithmetic.Sign(operand.Defined(scope), negative);
}

internal sealed class Binary(int line, string sign, Expression left, Expression right) : Expression(line)
{
    protected override object? Evaluate(Scope scope)
    {
        object? first = left.Defined(scope);
        // A format writes an undefined value as an empty text.
        return Arithmetic.Apply(scope.Run, sign, first, sign == "%" && first is PyText ? right.Value(scope) : right.Defined(scope));
    }
}

internal sealed class Concatenation(int line, List<Expression> parts) : Expression(line)
{
    protected override object? Evaluate(Scope scope)
    {
        var joined = new TextBuilder(scope.Run);
        foreach (Expression part in parts)
            joined.Append(ValueText.Of(scope.Run, part.Value(scope)));
        return joined.ToText();
    }
}

/// <summary>Chained comparisons: <c>a &lt; b &lt;= c</c> is true if both are.</summary>
internal sealed class Comparison(int line, Expression first, List<(string Sign, Expression Operand)> rest) : Expression(line)
{
    protected override object? Evaluate(Scope scope)
    {
        object? left = first.Value(scope);
        foreach ((string sign, Expression operand) in rest)
        {
            object? right = operand.Value(scope);
            if (!Holds(scope.Run, sign, left, right))
                return false;
            left = right;
        }

        return true;
    }

    public static bool Holds(TemplateRun run, string sign, object? left, object? right) => sign switch
    {
        "==" => ValueRules.AreEqual(run, left, right),
        "!=" => !ValueRules.AreEqual(run, left, right),
        "in" => Access.Contains(run, right, left),
        "not in" => !Access.Contains(run, right, left),
        "<" => ValueRules.Compare(run, left, right) < 0,
        "<=" => ValueRules.Compare(run, left, right) <= 0,
        ">" => ValueRules.Compare(run, left, right) > 0,
        _ => ValueRules.Compare(run, left, right) >= 0,
    };
}

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">Positional arguments; with a star: lists of them.</param>
/// <param name="Named">Keyword arguments; without a name: dicts of them.</param>
internal sealed record ArgumentList(List<(Expression Value, bool Spreads)> Positional, List<(string? Name, Expression Value)> Named)
{
    public static readonly ArgumentList Empty = new([], []);

    public Arguments Evaluate(Scope scope)
    {
        var positional = new List<object?>(Positional.Count);
        foreach ((Expression value, bool spreads) in Positional)
        {
            if (spreads)
                positional.AddRange(Access.Items(scope.Run, value.Value(scope)));
            else
                positional.Add(value.Value(scope));
        }

        var named = new List<(string, object?)>(Named.Count);
        foreach ((string? name, Expression value) in Named)
        {
            if (name is not null)
                named.Add((name, value.Value(scope)));
            else if (value.Defined(scope) is PyDict dict)
                AddAll(scope.Run, dict, named);
            else
                throw new TemplateError("** takes a dict");
        }

        return new Arguments(scope.Run, positional, named);
    }

    private static void AddAll(TemplateRun run, PyDict dict, List<(string, object?)> named)
    {
        run.Step(dict.Count);
        foreach ((object? key, object? value) in dict.Items)
            named.Add((Access.Name(run, key as PyText ?? throw new TemplateError("names of arguments are strings")), value));
    }
}

internal sealed class Call(int line, Expression target, ArgumentList arguments) : Expression(line)
{
    protected override object? Evaluate(Scope scope)
    {
        object? function = target.Value(scope);
        return function switch
        {
            PyFunction known => known.Call(arguments.Evaluate(scope)),
            Loop loop => loop.Again(arguments.Evaluate(scope)),
            Undefined undefined => throw new TemplateError(undefined.Problem),
            _ => throw new TemplateError($"{ValueRules.TypeName(function)} cannot be called"),
        };
    }

    /// <summary>Calls a macro with the body of the call block as <c>caller</c>.</summary>
    public object? WithCaller(Scope scope, PyFunction caller)
    {
        if (target.Defined(scope) is not PyFunction function)
            throw new TemplateError("a call block calls a macro");
        Arguments given = arguments.Evaluate(scope);
        given.Named.Add(("caller", caller));
        return function.Call(given);
    }
}

internal sealed class FilterCall(int line, Expression? target, string name, ArgumentList arguments) : Expression(line)
{
    /// <summary>The value under the filter if that is the text of a block.</summary>
    public object? Apply(Scope scope, object? value) => Filters.All[name](scope.Run, value, arguments.Evaluate(scope));

    public object? ApplyChain(Scope scope, object? value)
    {
        // A chain has any length, and each filter is a level.
        scope.Run.Enter();
        object? result = Apply(scope, target is FilterCall inner ? inner.ApplyChain(scope, value) : value);
        scope.Run.Leave();
        return result;
    }

    protected override object? Evaluate(Scope scope) => Apply(scope, target!.Value(scope));
}

internal sealed class TestCall(int line, Expression target, string name, ArgumentList arguments, bool negated) : Expression(line)
{
    protected override object? Evaluate(Scope scope) => Tests.All[name](scope.Run, target.Value(scope), arguments.Evaluate(scope)) != negated;
}
