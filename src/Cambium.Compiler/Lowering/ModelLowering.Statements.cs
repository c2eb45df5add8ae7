using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <content>Bodies of functions: locals, loops over stacks.</content>
public sealed partial class ModelLowering
{
    private Item? RunBody(Scope scope, FunctionSpec function)
    {
        if (scope.Depth > 64)
        {
            Report(DiagnosticCatalog.NotSupported, $"'{function.Name}' calls itself; a model's functions cannot be recursive", scope.Type, function.Id);
            throw new Abandoned();
        }

        var outer = _trace;
        _trace = new ShapeTrace($"{scope.Type.Name}.{function.Name}");
        try
        {
            foreach (var parameter in function.Parameters.Where(parameter => scope.Locals.ContainsKey(parameter.Name)))
                Note(scope, parameter.Name, scope.Locals[parameter.Name]);
            var result = Run(scope, [.. function.Body]);
            Note(scope, "return", result);
            if (_trace.Finish() is { Shapes.Count: > 0 } shapes && _shapes.All(known => !known.Says(shapes)))
                _shapes.Add(shapes);
            return result;
        }
        finally
        {
            _trace = outer;
        }
    }

    private void Note(Scope scope, string name, Item? item)
    {
        if (item is TensorOf { Value: var value })
            _trace?.Add(name, scope.Builder.TypeOf(value));
        for (var i = 0; item is Items { Values: var values } && i < values.Count; i++)
            Note(scope, $"{name}[{i.ToString(System.Globalization.CultureInfo.InvariantCulture)}]", values[i]);
    }

    /// <summary>What the statements return; null where they do not, or where a mistake keeps them from it.</summary>
    private Item? Run(Scope scope, IReadOnlyList<Statement> statements)
    {
        for (var i = 0; i < statements.Count; i++)
        {
            var statement = statements[i];
            try
            {
                if (statement is Return @return)
                    return Evaluate(scope, @return.Value);
                if (statement is If choice && MayReturn(choice))
                    return ReturnEarly(scope, choice, [.. statements.Skip(i + 1)]);
                Run(scope, statement);
            }
            catch (Abandoned)
            {
                Forget(scope, statement);
                if (MayReturn(statement))
                    return null;
            }
        }

        return null;
    }

    /// <summary>Runs statements that do not return.</summary>
    /// <returns>Whether none of them had a mistake.</returns>
    private bool RunAll(Scope scope, EquatableArray<Statement> statements)
    {
        var isWhole = true;
        foreach (var statement in statements)
        {
            try
            {
                Run(scope, statement);
            }
            catch (Abandoned)
            {
                Forget(scope, statement);
                isWhole = false;
            }
        }

        return isWhole;
    }

    // The mistake is reported; what it would have defined is unknown, and mistakes that follow from that stay silent.
    private static void Forget(Scope scope, Statement statement)
    {
        foreach (var name in Assigned([statement]))
            scope.Locals[name] = new Items([]);
    }

    private static bool MayReturn(Statement statement) => statement switch
    {
        Return => true,
        If choice => choice.Then.Any(MayReturn) || choice.Else.Any(MayReturn),
        _ => false,
    };

    /// <summary>A branch that returns early: what follows the `if` is the end of the branches that do not.</summary>
    private Item? ReturnEarly(Scope scope, If choice, IReadOnlyList<Statement> rest)
    {
        var condition = Condition(scope, Evaluate(scope, choice.Condition), choice.Condition);
        if (Known(condition) is { } known)
            return Run(scope, [.. known ? choice.Then : choice.Else, .. rest]);
        var before = scope.Locals.ToDictionary(static local => local.Key, static local => local.Value, StringComparer.Ordinal);
        var whenTrue = Run(scope, [.. choice.Then, .. rest]);
        scope.Restore(before);
        return Run(scope, [.. choice.Else, .. rest]) is { } whenFalse && whenTrue is not null
            ? Choose(scope, condition, whenTrue, whenFalse, choice.Id, "what is returned in the two branches")
            : null;
    }

    private void Run(Scope scope, Statement statement)
    {
        switch (statement)
        {
            case Assign assign:
                Bind(scope, assign);
                break;
            case ForEach loop:
                Loop(scope, loop);
                break;
            case If choice:
                Run(scope, choice);
                break;
        }
    }

    private static Statement ReturnIn(Statement statement) => statement is If choice ? choice.Then.Concat(choice.Else).Where(MayReturn).Select(ReturnIn).First() : statement;

    private static IEnumerable<string> Assigned(IEnumerable<Statement> statements) =>
        statements.SelectMany(static statement => statement switch
        {
            Assign assign => assign.Targets,
            ForEach loop => Assigned(loop.Body),
            If choice => Assigned(choice.Then).Concat(Assigned(choice.Else)),
            _ => Enumerable.Empty<string>(),
        }).Distinct();

    private void Bind(Scope scope, Assign assign)
    {
        var value = Evaluate(scope, assign.Value);
        if (assign.Targets.Count == 1)
        {
            scope.Locals[assign.Targets[0]] = value;
            Note(scope, assign.Targets[0], value);
            return;
        }

        if (value is not Items { Values: var values } || values.Count != assign.Targets.Count)
            throw Wrong(DiagnosticCatalog.BadArgument, $"{assign.Targets.Count} values are expected here", scope, assign.Id);
        for (var i = 0; i < values.Count; i++)
        {
            scope.Locals[assign.Targets[i]] = values[i];
            Note(scope, assign.Targets[i], values[i]);
        }
    }

    private void Loop(Scope scope, ForEach loop)
    {
        if (Member(scope, loop.Stack, loop.Id) is not StackOf stack)
            throw Wrong(DiagnosticCatalog.BadStack, $"'{loop.Stack}' is no stack of blocks", scope, loop.Id);
        if (stack.Prefix.Contains("{i}") && scope.Prefix.Contains("{i}"))
            throw Wrong(DiagnosticCatalog.NotSupported, "a stack inside a stack is not supported; flatten the stacks into one", scope, loop.Id);

        if (scope.IsLoop)
            throw Wrong(DiagnosticCatalog.NotSupported, $"the loop over '{loop.Stack}' runs inside another loop; loops cannot be nested", scope, loop.Id);

        // Locals that the body assigns and that exist before it are carried from round to round; the others it reads are captured.
        var assigned = new HashSet<string>(Assigned(loop.Body), StringComparer.Ordinal);
        var tensors = scope.Locals.Where(static local => local.Value is TensorOf).Select(static local => local.Key).OrderBy(static name => name, StringComparer.Ordinal).ToList();
        var carried = tensors.Where(assigned.Contains).ToList();
        var captured = tensors.Where(name => !assigned.Contains(name)).ToList();

        foreach (var local in assigned.Where(scope.Locals.ContainsKey).OrderBy(static name => name, StringComparer.Ordinal))
        {
            if (scope.Locals[local] is not (TensorOf or Items { Values.Count: 0 }) || (scope.Locals[local] is TensorOf { Value: var before } && !scope.Builder.TypeOf(before).IsRows))
                throw Wrong(DiagnosticCatalog.NotSupported, $"'{local}' is assigned in the loop but is {Kind(scope, scope.Locals[local])} before it, and a loop carries rows [T, ..] from round to round; begin with rows, such as `x * 0`", scope, loop.Id);
        }

        // The function is called after its stack, so that what is generated from it reads in the author's words.
        var name = NameOfFunction(loop.Stack);
        var body = new FunctionBuilder(name);
        var inner = scope.Loop(body);
        foreach (var local in scope.Locals.Where(static local => local.Value is not TensorOf))
            inner.Locals[local.Key] = local.Value;
        foreach (var local in carried.Concat(captured))
            inner.Locals[local] = new TensorOf(body.Parameter(scope.Builder.TypeOf(((TensorOf)scope.Locals[local]).Value)));
        inner.Locals[loop.Variable] = new BlockOf(stack.Class, stack.Prefix);
        if (loop.Index is { } index)
            inner.Locals[index] = new HostOf(new ScalarExpression.Input("layer"), true);

        if (loop.Body.FirstOrDefault(MayReturn) is { } returning)
            throw Wrong(DiagnosticCatalog.NotSupported, "a loop's body cannot return; assign a local and return it behind the loop", scope, ReturnIn(returning).Id);
        if (!RunAll(inner, loop.Body))
            throw new Abandoned();

        var results = new List<int>();
        foreach (var local in carried)
        {
            if (inner.Locals[local] is not TensorOf { Value: var value } || body.TypeOf(value) != scope.Builder.TypeOf(((TensorOf)scope.Locals[local]).Value))
                throw Wrong(DiagnosticCatalog.Shape, $"'{local}' must have the same shape after each round of the loop as before: {scope.Builder.TypeOf(((TensorOf)scope.Locals[local]).Value)}", scope, loop.Id);
            results.Add(value);
        }

        _functions.Add(body.Build(results));
        var operands = carried.Concat(captured).Select(local => ((TensorOf)scope.Locals[local]).Value).ToList();
        var values = scope.Builder.Add(
            "loop",
            operands,
            [.. carried.Select(local => scope.Builder.TypeOf(((TensorOf)scope.Locals[local]).Value))],
            [new("count", new SizeValue(stack.Count)), new("body", new SymbolValue(name))],
            new Origin(scope.Type.TypeName, loop.Id));
        for (var i = 0; i < carried.Count; i++)
            scope.Locals[carried[i]] = new TensorOf(values[i]);
    }
}
