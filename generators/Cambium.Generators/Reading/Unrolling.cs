using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Cambium.Generators.Reading;

/// <summary>A loop with constant bounds, which is read once for each value of its variable.</summary>
internal sealed record Unrolling(ILocalSymbol Variable, IReadOnlyList<int> Values)
{
    // A longer loop should be a stack of blocks.
    private const int MaxIterations = 64;

    /// <summary>Null for a loop of another form, such as a loop whose end depends on the checkpoint.</summary>
    public static Unrolling? Of(IForLoopOperation loop)
    {
        if (loop.Before is not [IVariableDeclarationGroupOperation { Declarations: [{ Declarators: [var declarator] }] }]
            || declarator.GetVariableInitializer()?.Value.ConstantValue is not { HasValue: true, Value: int value }
            || loop.Condition is not IBinaryOperation { RightOperand.ConstantValue: { HasValue: true, Value: int end } } condition
            || !Is(condition.LeftOperand)
            || loop.AtLoopBottom is not [IExpressionStatementOperation { Operation: var step }] || Step(step) is not { } by
            || loop.Body.Descendants().Any(part => part is IAssignmentOperation assignment && Is(assignment.Target)))
        {
            return null;
        }

        var values = new List<int>();
        for (; Continues(condition.OperatorKind, value, end); value += by)
        {
            values.Add(value);
            if (values.Count > MaxIterations)
                return null;
        }

        return new Unrolling(declarator.Symbol, values);

        bool Is(IOperation operation) =>
            operation is ILocalReferenceOperation { Local: var local } && SymbolEqualityComparer.Default.Equals(local, declarator.Symbol);

        int? Step(IOperation operation) => operation switch
        {
            IIncrementOrDecrementOperation increment when Is(increment.Target) => increment.Kind == OperationKind.Increment ? 1 : -1,
            ICompoundAssignmentOperation { Value.ConstantValue: { HasValue: true, Value: int amount } } assignment when Is(assignment.Target) =>
                assignment.OperatorKind switch
                {
                    BinaryOperatorKind.Add => amount,
                    BinaryOperatorKind.Subtract => -amount,
                    _ => null,
                },
            _ => null,
        };
    }

    private static bool Continues(BinaryOperatorKind kind, int value, int end) => kind switch
    {
        BinaryOperatorKind.LessThan => value < end,
        BinaryOperatorKind.LessThanOrEqual => value <= end,
        BinaryOperatorKind.GreaterThan => value > end,
        BinaryOperatorKind.GreaterThanOrEqual => value >= end,
        BinaryOperatorKind.NotEquals => value != end,
        BinaryOperatorKind.Equals => value == end,
        _ => false,
    };
}
