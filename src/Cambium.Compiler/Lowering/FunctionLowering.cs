using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <summary>Lowers bodies of functions: statements, branches and early returns.</summary>
internal sealed class FunctionLowering
{
    private readonly LoweringContext _context;
    private readonly ExpressionLowering _expressions;
    private readonly LoopLowering _loops;

    public FunctionLowering(LoweringContext context)
    {
        _context = context;
        _expressions = new ExpressionLowering(context, Run);
        _loops = new LoopLowering(context, _expressions, RunAll);
    }

    /// <summary>
    /// Lowers the body of a function whose parameters are in the scope. The result is null for a function without a return and after an error.
    /// </summary>
    public Item? Run(Scope scope, FunctionSpec function)
    {
        _context.Limits.EnterBody(scope, function);
        scope.Trace = new ShapeTrace($"{scope.Type.Name}.{function.Name}");
        foreach (var parameter in function.Parameters.Where(parameter => scope.Locals.ContainsKey(parameter.Name)))
            scope.Record(parameter.Name, scope.Locals[parameter.Name]);
        var result = Run(scope, [.. function.Body]);
        scope.Record("return", result);
        if (scope.Trace.Finish() is { Shapes.Count: > 0 } shapes && _context.Shapes.All(known => !known.HasSameShapes(shapes)))
            _context.Shapes.Add(shapes);
        _context.Limits.LeaveBody();
        return result;
    }

    /// <summary>Runs statements until one returns.</summary>
    private Item? Run(Scope scope, IReadOnlyList<Statement> statements)
    {
        for (var i = 0; i < statements.Count; i++)
        {
            var statement = statements[i];
            try
            {
                if (statement is Return @return)
                    return _expressions.Evaluate(scope, @return.Value);
                if (statement is If choice && Statements.MayReturn(choice))
                    return ReturnEarly(scope, choice, [.. statements.Skip(i + 1)]);
                Run(scope, statement);
            }
            catch (StatementFailed)
            {
                Forget(scope, statement);
                if (Statements.MayReturn(statement))
                    return null;
            }
        }

        return null;
    }

    /// <summary>Runs statements that do not return.</summary>
    /// <returns>False where one of them has an error.</returns>
    private bool RunAll(Scope scope, EquatableArray<Statement> statements)
    {
        var succeeded = true;
        foreach (var statement in statements)
        {
            try
            {
                Run(scope, statement);
            }
            catch (StatementFailed)
            {
                Forget(scope, statement);
                succeeded = false;
            }
        }

        return succeeded;
    }

    /// <summary>Makes the locals of a failed statement unknown, so that only its own error is reported.</summary>
    private static void Forget(Scope scope, Statement statement)
    {
        foreach (var name in Statements.Assigned([statement]))
            scope.Locals[name] = new UnknownItem();
    }

    private void Run(Scope scope, Statement statement)
    {
        switch (statement)
        {
            case Assign assign:
                Bind(scope, assign);
                break;
            case ForEach loop:
                _loops.Run(scope, loop);
                break;
            case If choice:
                _context.Limits.Enter(scope, choice.Id);
                try
                {
                    Run(scope, choice);
                }
                finally
                {
                    _context.Limits.Leave();
                }

                break;
        }
    }

    private void Bind(Scope scope, Assign assign)
    {
        var value = _expressions.Evaluate(scope, assign.Value);
        if (assign.Targets.Count == 1)
        {
            Bind(scope, assign.Targets[0], value);
            return;
        }

        if (value is not TupleItem { Values: var values } || values.Count != assign.Targets.Count)
            throw _context.Error(DiagnosticCodes.BadArgument, $"{assign.Targets.Count} values are expected here", scope, assign.Id);
        for (var i = 0; i < values.Count; i++)
            Bind(scope, assign.Targets[i], values[i]);
    }

    private static void Bind(Scope scope, string local, Item value)
    {
        scope.Locals[local] = value;
        scope.Record(local, value);
    }

    /// <summary>
    /// Lowers an <c>if</c> that contains a return. The statements after the <c>if</c> are appended to each branch that does not return.
    /// </summary>
    private Item? ReturnEarly(Scope scope, If choice, IReadOnlyList<Statement> rest)
    {
        _context.Limits.Enter(scope, choice.Id);
        try
        {
            return ReturnFromBranches(scope, choice, rest);
        }
        finally
        {
            _context.Limits.Leave();
        }
    }

    private Item? ReturnFromBranches(Scope scope, If choice, IReadOnlyList<Statement> rest)
    {
        var condition = _expressions.Hosts.Condition(scope, choice.Condition);
        if (HostLowering.Known(condition) is { } known)
            return Run(scope, [.. known ? choice.Then : choice.Else, .. rest]);
        var before = scope.Snapshot();
        var whenTrue = Run(scope, [.. choice.Then, .. rest]);
        scope.Restore(before);
        return Run(scope, [.. choice.Else, .. rest]) is { } whenFalse && whenTrue is not null
            ? _expressions.Choices.Choose(scope, condition, whenTrue, whenFalse, scope.OriginOf(choice), "the values that the two branches return")
            : null;
    }

    private void Run(Scope scope, If choice)
    {
        var condition = _expressions.Hosts.Condition(scope, choice.Condition);
        if (HostLowering.Known(condition) is { } known)
        {
            RunAll(scope, known ? choice.Then : choice.Else);
            return;
        }

        var before = scope.Snapshot();
        var whenTrue = Branch(scope, choice.Then, before);
        var whenFalse = Branch(scope, choice.Else, before);
        foreach (var name in Statements.Assigned([choice]).OrderBy(static name => name, StringComparer.Ordinal))
        {
            // A local of one branch has no value after the `if`, in C# too.
            if (!whenTrue.TryGetValue(name, out var a) || !whenFalse.TryGetValue(name, out var b))
                continue;
            scope.Locals[name] = a is UnknownItem || b is UnknownItem
                ? new UnknownItem()
                : _expressions.Choices.Choose(scope, condition, a, b, scope.OriginOf(choice), $"the values of '{name}' in the two branches");
        }
    }

    private Dictionary<string, Item> Branch(Scope scope, EquatableArray<Statement> statements, Dictionary<string, Item> before)
    {
        RunAll(scope, statements);
        var after = scope.Snapshot();
        scope.Restore(before);
        return after;
    }
}
