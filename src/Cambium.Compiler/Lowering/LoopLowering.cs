using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>Lowers loops over stacks of blocks: the body becomes a function, which the <c>loop</c> op runs once per block.</summary>
/// <param name="runBody">Runs the statements of a body; false where one of them has an error.</param>
internal sealed class LoopLowering(LoweringContext context, ExpressionLowering expressions, Func<Scope, EquatableArray<Statement>, bool> runBody)
{
    public void Run(Scope scope, ForEach loop)
    {
        if (expressions.Member(scope, loop.Stack, loop.Id) is not StackItem stack)
            throw context.Error(DiagnosticCodes.BadStack, $"'{loop.Stack}' is not a stack of blocks", scope, loop.Id);
        if (stack.Prefix.Contains("{i}") && scope.Prefix.Contains("{i}"))
            throw NotSupported("a stack inside a stack is not supported; flatten the stacks into one", loop.Id);
        if (scope.IsLoop)
            throw NotSupported($"the loop over '{loop.Stack}' runs inside another loop; loops cannot be nested", loop.Id);

        // Tensors that the body assigns are carried from round to round. The others are captured: every round reads the same value.
        var assigned = new HashSet<string>(Statements.Assigned(loop.Body), StringComparer.Ordinal);
        var tensors = scope.Locals
            .Where(static local => local.Value is TensorItem)
            .Select(static local => local.Key)
            .OrderBy(static name => name, StringComparer.Ordinal)
            .ToList();
        var carried = tensors.Where(assigned.Contains).ToList();
        var captured = tensors.Where(name => !assigned.Contains(name)).ToList();
        foreach (var local in assigned.Where(scope.Locals.ContainsKey).OrderBy(static name => name, StringComparer.Ordinal))
        {
            if (scope.Locals[local] is not (TensorItem or UnknownItem)
                || (scope.Locals[local] is TensorItem { Value: var before } && !scope.Builder.TypeOf(before).IsRows))
            {
                throw NotSupported(
                    $"the loop assigns '{local}', which is {scope.Locals[local].Describe(scope)} before it; "
                        + "a loop carries rows [T, ..] from round to round, so begin with rows, such as `x * 0`",
                    loop.Id);
            }
        }

        // The function has the name of its stack, so generated code contains the author's names.
        var body = new FunctionBuilder(context.NameOfFunction(loop.Stack));
        var inner = Body(scope, loop, stack, body, carried.Concat(captured));
        if (loop.Body.FirstOrDefault(Statements.MayReturn) is { } returning)
            throw NotSupported("a loop's body cannot return; assign a local and return it after the loop", Statements.ReturnIn(returning).Id);
        var stream = carried.FirstOrDefault(local => TypeOf(local).DType == DType.F32);
        if (stream is not null)
            Tap(inner, ((TensorItem)inner.Locals[stream]).Value, "hidden", loop.Id);
        if (!runBody(inner, loop.Body))
            throw new StatementFailed();

        context.Functions.Add(body.Build([.. carried.Select(Result)]));
        var values = scope.Builder.Add(
            "loop",
            [.. carried.Concat(captured).Select(ValueOf)],
            [.. carried.Select(TypeOf)],
            [new("count", new SizeValue(stack.Count)), new("body", new SymbolValue(body.Name))],
            new Origin(scope.Type.TypeName, loop.Id));
        for (var i = 0; i < carried.Count; i++)
            scope.Locals[carried[i]] = new TensorItem(values[i]);
        if (stream is not null)
            Tap(scope, ValueOf(stream), "residual", loop.Id);

        StatementFailed NotSupported(string message, int id) => context.Error(DiagnosticCodes.NotSupported, message, scope, id);

        int ValueOf(string local) => ((TensorItem)scope.Locals[local]).Value;

        TensorType TypeOf(string local) => scope.Builder.TypeOf(ValueOf(local));

        int Result(string local) => inner.Locals[local] is TensorItem { Value: var value } && body.TypeOf(value).AgreesWith(TypeOf(local))
            ? value
            : throw context.Error(
                DiagnosticCodes.Shape,
                $"'{local}' must have the same shape after each round of the loop as before: {TypeOf(local)}",
                scope,
                loop.Id);
    }

    /// <summary>
    /// Shows the residual stream, which is the first carried local: as <c>hidden</c> before each block, as <c>residual</c> after the last one.
    /// </summary>
    private static void Tap(Scope scope, int value, string name, int id) =>
        scope.Builder.AddAll("tap", [value], [new("name", new SymbolValue(name))], new Origin(scope.Type.TypeName, id));

    /// <summary>The scope of the body; tensors of the scope around it are parameters.</summary>
    private static Scope Body(Scope scope, ForEach loop, StackItem stack, FunctionBuilder body, IEnumerable<string> parameters)
    {
        var inner = scope.Loop(body);
        foreach (var local in scope.Locals.Where(static local => local.Value is not TensorItem))
            inner.Locals[local.Key] = local.Value;
        foreach (var local in parameters)
            inner.Locals[local] = new TensorItem(body.Parameter(scope.Builder.TypeOf(((TensorItem)scope.Locals[local]).Value)));
        inner.Locals[loop.Variable] = new BlockItem(stack.Class, stack.Prefix, stack.Owners);
        if (loop.Index is { } index)
            inner.Locals[index] = new HostItem(new ScalarExpression.Input("layer"), IsWhole: true);
        return inner;
    }
}
