using System.Globalization;
using System.Runtime.CompilerServices;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Counts the levels and the operations of one entry point while its methods are inlined: short methods that call each other can be a long program.
/// </summary>
internal sealed class InliningLimits(LoweringContext context)
{
    private readonly Stack<(string Type, string Prefix, FunctionSpec Function)> _active = new();
    private (ClassSpec Self, ClassSpec Owner, FunctionSpec Function) _entry;
    private int _depth;
    private int _operations;
    private int _expressions;

    /// <summary>Begins an entry point.</summary>
    public void Begin(ClassSpec self, ClassSpec owner, FunctionSpec function)
    {
        _active.Clear();
        (_entry, _depth, _operations, _expressions) = ((self, owner, function), 0, 0, 0);
    }

    /// <summary>Enters an expression; <see cref="Leave"/> ends it.</summary>
    /// <exception cref="ProgramTooLarge">A limit is exceeded.</exception>
    public void Enter(Scope scope, Expression expression)
    {
        Enter(scope, expression.Id);
        _expressions++;
        if (expression is OpCall or HostOp or Conditional)
            _operations++;
        if (_operations > CompilerLimits.Operations || _expressions > CompilerLimits.Expressions)
            throw TooManyOperations();
    }

    /// <summary>Enters a branch; <see cref="Leave"/> ends it.</summary>
    /// <exception cref="ProgramTooLarge">A limit is exceeded.</exception>
    public void Enter(Scope scope, int id)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        _depth++;
        if (_depth > CompilerLimits.Depth)
            throw TooDeep(scope, id);
        if (!HasStack())
            throw TooLarge(scope.Type, id,
                $"'{_entry.Function.Name}' is {Text(_depth)} levels deep here, which is too deep for the stack of this process");
    }

    public void Leave() => _depth--;

    /// <summary>Enters the body of a function; <see cref="LeaveBody"/> ends it.</summary>
    /// <exception cref="ProgramTooLarge">Calls are nested too deeply.</exception>
    public void EnterBody(Scope scope, FunctionSpec function)
    {
        _active.Push((scope.Type.TypeName, scope.Prefix, function));
        if (_active.Count > CompilerLimits.Calls)
            throw TooDeep(scope, function.Id);
    }

    public void LeaveBody() => _active.Pop();

    /// <summary>Refuses a number, condition or score that is too large to be compared and printed.</summary>
    /// <exception cref="StatementFailed">It is too large; the error is reported.</exception>
    public T Checked<T>(Scope scope, int id, T item, ScalarExpression? value)
    {
        if (value?.IsTooLarge() != true)
            return item;
        throw context.Error(
            DiagnosticCodes.TooLarge,
            $"this value has more than {Text(CompilerLimits.ExpressionParts)} parts or {Text(CompilerLimits.Depth)} levels after its locals are "
                + $"inserted; "
            + "numbers and conditions are inserted where they are read, so compute fewer of them from each other, or read the result from the config",
            scope,
            id);
    }

    private static string Text(double value) =>
        value < 1e15 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("0.0E+0", CultureInfo.InvariantCulture);

    // The limits fit into the default stacks. A thread of the host with a smaller stack gets the same error, not a crash.
    private static bool HasStack()
    {
        try
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            return true;
        }
        catch (InsufficientExecutionStackException)
        {
            return false;
        }
    }

    private ProgramTooLarge TooManyOperations()
    {
        var (self, owner, function) = _entry;
        var found = new CallSizes(context.Class).Of(self, owner, function).Operations;
        var number = found > CompilerLimits.Operations ? Text(found) : $"more than {Text(CompilerLimits.Operations)}";
        return TooLarge(
            owner,
            function.Id,
            $"'{function.Name}' has {number} operations after its calls are inlined, and a model can have {Text(CompilerLimits.Operations)}");
    }

    private static ProgramTooLarge TooLarge(ClassSpec type, int id, string what) => new(new CompilerDiagnostic(
        DiagnosticCodes.TooLarge,
        $"{what}. Keep intermediate results in locals instead of calling a method twice or inside an expression, "
        + "and make a repeated part a block in a stack ([Blocks]), whose operations count once",
        type.TypeName,
        id));

    private ProgramTooLarge TooDeep(Scope scope, int id)
    {
        // The most common cause: a function is inlined into itself.
        var again = _active.GroupBy(static call => (call.Type, call.Prefix, call.Function.Id))
            .LastOrDefault(static group => group.Count() > 1)?.First();
        if (again is var (type, _, recursive))
        {
            return new ProgramTooLarge(new CompilerDiagnostic(
                DiagnosticCodes.NotSupported, $"'{recursive.Name}' calls itself; a model's functions cannot be recursive", type, recursive.Id));
        }

        var (self, owner, function) = _entry;
        var found = Math.Max(new CallSizes(context.Class).Of(self, owner, function).Depth, _depth);
        return TooLarge(
            scope.Type,
            id,
            $"'{function.Name}' has {Text(found)} levels of nested expressions and calls after its calls are inlined; "
            + $"a model can have {Text(CompilerLimits.Depth)}, of which {Text(CompilerLimits.Calls)} can be calls");
    }
}

/// <summary>Ends the lowering of an entry point.</summary>
internal sealed class ProgramTooLarge(CompilerDiagnostic diagnostic) : Exception
{
    public CompilerDiagnostic Diagnostic { get; } = diagnostic;
}
