using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>Control flow after a statement: the next one, the next iteration, or the end of the loop.</summary>
internal enum Flow
{
    Next,
    Continue,
    Break,
}

/// <summary>A statement of a template.</summary>
internal abstract class Statement(int line)
{
    public int Line { get; } = line;

    public Flow Run(Scope scope, TextBuilder output)
    {
        TemplateRun run = scope.Run;
        run.Line = Line;
        run.Step();
        run.Enter();
        try
        {
            return Execute(scope, output);
        }
        catch (TemplateError mistake)
        {
            throw new ChatTemplateException(Line, char.ToUpperInvariant(mistake.Message[0]) + mistake.Message[1..].TrimEnd('.') + ".");
        }
        finally
        {
            run.Leave();
        }
    }

    protected abstract Flow Execute(Scope scope, TextBuilder output);
}

/// <summary>Statements one after another.</summary>
internal sealed class Block(List<Statement> statements)
{
    public Flow Run(Scope scope, TextBuilder output)
    {
        foreach (Statement statement in statements)
        {
            if (statement.Run(scope, output) is not Flow.Next and var flow)
                return flow;
        }

        return Flow.Next;
    }

    /// <summary>The output of the statements as a string.</summary>
    public PyText Text(Scope scope)
    {
        var text = new TextBuilder(scope.Run);
        Run(scope, text);
        return text.ToText();
    }
}

internal sealed class Literal(int line, PyText text) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        scope.Run.Write(output, text);
        return Flow.Next;
    }
}

internal sealed class Output(int line, Expression value) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        scope.Run.Write(output, ValueText.Of(scope.Run, value.Value(scope)));
        return Flow.Next;
    }
}

internal sealed class If(int line, List<(Expression? Test, Block Body)> branches) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        foreach ((Expression? test, Block body) in branches)
        {
            if (test is null || ValueRules.IsTrue(test.Value(scope)))
                return body.Run(scope, output);
        }

        return Flow.Next;
    }
}

/// <summary>A loop. Each iteration has its own scope.</summary>
internal sealed class For(
    int line, Target target, Expression items, Expression? test, Block body, Block? otherwise, bool isRecursive) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        Run(scope, items.Value(scope), output, depth: 0);
        return Flow.Next;
    }

    private void Run(Scope scope, object? value, TextBuilder output, int depth)
    {
        List<object?> walked = Access.Items(scope.Run, value);
        if (test is not null)
            walked = walked.FindAll(item => Passes(scope, item));
        var loop = new Loop(walked, depth, isRecursive ? (again, inner) => Again(scope, again, inner) : null);
        for (int i = 0; i < walked.Count; i++)
        {
            scope.Run.Step();
            loop.At = i;
            var round = new Scope(scope.Run, scope);
            target.Assign(round, walked[i]);
            round.Set("loop", loop);
            if (body.Run(round, output) == Flow.Break)
                break;
        }

        if (walked.Count == 0)
            otherwise?.Run(new Scope(scope.Run, scope), output);
    }

    private bool Passes(Scope scope, object? item)
    {
        var round = new Scope(scope.Run, scope);
        target.Assign(round, item);
        return ValueRules.IsTrue(test!.Value(round));
    }

    private PyText Again(Scope scope, object? value, int depth)
    {
        if (depth > scope.Run.Limits.Depth)
            throw new TemplateError($"loops call themselves more than {scope.Run.Limits.Depth} deep");
        var text = new TextBuilder(scope.Run);
        Run(scope, value, text, depth);
        return text.ToText();
    }
}

/// <summary>The variable <c>loop</c>.</summary>
internal sealed class Loop(List<object?> items, int depth, Func<object?, int, PyText>? again) : PyObject
{
    private object? _last = Arguments.Missing;

    public int At { get; set; }

    public PyText Again(Arguments arguments) => again is null
        ? throw new TemplateError("a loop that calls itself says so by 'recursive'")
        : again(Arguments.Required(arguments.Bind("loop", "iterable")[0], "loop", "iterable"), depth + 1);

    public override bool TryGet(string field, out object? value)
    {
        value = field switch
        {
            "index" => (long)At + 1,
            "index0" => (long)At,
            "revindex" => (long)items.Count - At,
            "revindex0" => (long)items.Count - At - 1,
            "first" => At == 0,
            "last" => At == items.Count - 1,
            "length" => (long)items.Count,
            "depth" => (long)depth + 1,
            "depth0" => (long)depth,
            "previtem" => At > 0 ? items[At - 1] : new Undefined("the first item of a loop has no previous item"),
            "nextitem" => At < items.Count - 1 ? items[At + 1] : new Undefined("the last item of a loop has no next item"),
            "cycle" => new PyFunction("cycle", given => given.Positional.Count > 0
                ? given.Positional[At % given.Positional.Count]
                : throw new TemplateError("cycle has nothing to cycle through")),
            "changed" => new PyFunction("changed", Changed),
            _ => Arguments.Missing,
        };
        return value != Arguments.Missing;
    }

    private object? Changed(Arguments arguments)
    {
        var now = new PyTuple(arguments.Positional);
        bool changed = _last == Arguments.Missing || !ValueRules.AreEqual(arguments.Run, _last, now);
        _last = now;
        return changed;
    }
}

/// <summary>The target of an assignment: a name, a field of a namespace, or several targets that share the items of a value.</summary>
internal sealed record Target(string? Name, string? Field, List<Target>? Several)
{
    public void Assign(Scope scope, object? value)
    {
        if (Several is not null)
        {
            if (value is Undefined undefined)
                throw new TemplateError(undefined.Problem);
            List<object?> items = Access.Items(scope.Run, value);
            if (items.Count != Several.Count)
                throw new TemplateError($"{items.Count} items are assigned to {Several.Count} names");
            for (int i = 0; i < items.Count; i++)
                Several[i].Assign(scope, items[i]);
        }
        else if (Field is null)
        {
            scope.Set(Name!, value);
        }
        else if (scope.Get(Name!) is PyNamespace space)
        {
            space.Fields[Field] = value;
        }
        else
        {
            throw new TemplateError($"fields are set on a namespace, and '{Name}' is {ValueRules.TypeName(scope.Get(Name!))}");
        }
    }
}

internal sealed class Set(int line, Target target, Expression value) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        target.Assign(scope, value.Value(scope));
        return Flow.Next;
    }
}

internal sealed class SetBlock(int line, Target target, FilterCall? filter, Block body) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        PyText text = body.Text(new Scope(scope.Run, scope));
        target.Assign(scope, filter is null ? text : filter.ApplyChain(scope, text));
        return Flow.Next;
    }
}

internal sealed class FilterBlock(int line, FilterCall filter, Block body) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        PyText text = body.Text(new Scope(scope.Run, scope));
        scope.Run.Write(output, ValueText.Of(scope.Run, filter.ApplyChain(scope, text)));
        return Flow.Next;
    }
}

internal sealed class With(int line, List<(Target Target, Expression Value)> values, Block body) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        var inner = new Scope(scope.Run, scope);
        foreach ((Target target, Expression value) in values)
            target.Assign(inner, value.Value(scope));
        return body.Run(inner, output);
    }
}

/// <summary>Statements in a scope of their own, such as those between <c>generation</c> and <c>endgeneration</c>.</summary>
internal sealed class Enclosed(int line, Block body) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output) => body.Run(new Scope(scope.Run, scope), output);
}

internal sealed class Jump(int line, Flow flow) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output) => flow;
}

/// <summary>The parameters and the body of a macro.</summary>
internal sealed class MacroBody
{
    private readonly List<(string Name, Expression? Default)> _parameters;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly Block _body;

    /// <param name="name">Its name.</param>
    /// <param name="parameters">Its parameters, some with defaults.</param>
    /// <param name="body">Its statements.</param>
    /// <param name="mentioned">Names that the body mentions: <c>varargs</c>, <c>kwargs</c> and <c>caller</c> exist only then.</param>
    public MacroBody(string name, List<(string Name, Expression? Default)> parameters, Block body, IReadOnlySet<string> mentioned)
    {
        (Name, _parameters, _body) = (name, parameters, body);
        for (int i = 0; i < parameters.Count; i++)
            _places[parameters[i].Name] = i;
        Parameters = new PyTuple([.. parameters.Select(static parameter => PyText.OfTemplate(parameter.Name))]);
        TakesMore = mentioned.Contains("varargs");
        TakesMoreNamed = mentioned.Contains("kwargs");
        TakesCaller = mentioned.Contains("caller") && !_places.ContainsKey("caller");
    }

    public string Name { get; }

    /// <summary>The names of its parameters.</summary>
    public PyTuple Parameters { get; }

    public bool TakesMore { get; }

    public bool TakesMoreNamed { get; }

    public bool TakesCaller { get; }

    public PyMacro Close(Scope scope) => new(this, arguments => Invoke(scope, arguments));

    private PyText Invoke(Scope scope, Arguments arguments)
    {
        TemplateRun run = scope.Run;
        if (++run.CallDepth > run.Limits.Depth)
            throw new TemplateError($"macros call one another more than {run.Limits.Depth} deep");
        var inner = new Scope(run, scope);
        if (arguments.Positional.Count > _parameters.Count && !TakesMore)
            throw new TemplateError($"the macro '{Name}' takes {_parameters.Count} arguments, not {arguments.Positional.Count}");
        // A block that encloses the macro, or calls a macro around it, is not the caller of this one.
        if (TakesCaller)
            inner.Set("caller", new Undefined($"the macro '{Excerpt.Of(Name)}' is not called with a block"));
        var more = new PyDict();
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach ((string name, object? value) in arguments.Named)
        {
            run.Step();
            bool isKnown = _places.TryGetValue(name, out int at);
            if (isKnown && (at < arguments.Positional.Count || !named.TryAdd(name, value)))
                throw new TemplateError($"the macro '{Name}' has the argument '{Excerpt.Of(name)}' twice");
            if (isKnown)
                continue;
            if (name == "caller" && TakesCaller)
                inner.Set("caller", value);
            else if (TakesMoreNamed)
                more.Set(run, PyText.OfTemplate(name), value);
            else if (name == "caller")
                throw new TemplateError($"the macro '{Name}' is called with a block and does not use 'caller'");
            else
                throw new TemplateError($"the macro '{Name}' has no argument '{Excerpt.Of(name)}'");
        }

        for (int i = 0; i < _parameters.Count; i++)
        {
            (string name, Expression? fallback) = _parameters[i];
            inner.Set(name, i < arguments.Positional.Count ? arguments.Positional[i]
                : named.TryGetValue(name, out object? value) ? value
                : fallback is not null ? fallback.Value(inner)
                : new Undefined($"the argument '{Excerpt.Of(name)}' of the macro '{Excerpt.Of(Name)}' was not given"));
        }

        if (TakesMore)
            inner.Set("varargs", new PyTuple([.. arguments.Positional.Skip(_parameters.Count)]));
        if (TakesMoreNamed)
            inner.Set("kwargs", more);
        int line = run.Line;
        PyText text = _body.Text(inner);
        run.Line = line;
        run.CallDepth--;
        return text;
    }
}

/// <summary>A macro as a value.</summary>
internal sealed record PyMacro(MacroBody Body, Func<Arguments, object?> Call) : PyFunction(Body.Name, Call)
{
    public bool TryGet(string field, out object? value)
    {
        value = field switch
        {
            "name" => PyText.OfTemplate(Body.Name),
            "arguments" => Body.Parameters,
            "caller" => Body.TakesCaller,
            "catch_varargs" => Body.TakesMore,
            "catch_kwargs" => Body.TakesMoreNamed,
            _ => Arguments.Missing,
        };
        return value != Arguments.Missing;
    }
}

internal sealed class Macro(int line, MacroBody macro) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        scope.Set(macro.Name, macro.Close(scope));
        return Flow.Next;
    }
}

internal sealed class CallBlock(int line, Call call, MacroBody caller) : Statement(line)
{
    protected override Flow Execute(Scope scope, TextBuilder output)
    {
        scope.Run.Write(output, ValueText.Of(scope.Run, call.WithCaller(scope, caller.Close(scope))));
        return Flow.Next;
    }
}
