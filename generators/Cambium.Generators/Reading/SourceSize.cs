using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Cambium.Generators.Reading;

/// <summary>The size of a method, before it is read. Without recursion: this is the check that protects the recursive readers.</summary>
internal static class SourceSize
{
    /// <summary>
    /// Levels of nested statements and expressions, and the innermost statement around the deepest one. From the syntax alone: C# itself takes
    /// stack for each level when it binds a method.
    /// </summary>
    public static (int Levels, SyntaxNode Deepest) Depth(SyntaxNode method)
    {
        var (levels, deepest) = (0, method);
        var pending = new Stack<(SyntaxNode Node, SyntaxNode Statement, int Level)>();
        pending.Push((method, method, 0));
        while (pending.Count > 0)
        {
            var (node, statement, level) = pending.Pop();
            if (node is StatementSyntax and not BlockSyntax)
                statement = node;
            if (IsLevel(node))
                level++;
            if (level > levels)
                (levels, deepest) = (level, statement);

            // Sections and arms of a switch become branches inside each other.
            var place = 0;
            foreach (var inner in node.ChildNodes())
            {
                place += inner is SwitchSectionSyntax or SwitchExpressionArmSyntax ? 1 : 0;
                pending.Push((inner, statement, level + place));
            }
        }

        return (levels, deepest);
    }

    /// <summary>Expressions and statements after loops are unrolled. A double, because the number can be larger than any integer.</summary>
    public static double Expressions(IOperation body)
    {
        var expressions = 0.0;
        var pending = new Stack<(IOperation Operation, double Times)>();
        pending.Push((body, 1));
        while (pending.Count > 0)
        {
            var (operation, times) = pending.Pop();
            expressions += times;
            if (operation is IForLoopOperation loop && Unrolling.Of(loop) is { } rounds)
                times *= rounds.Values.Count;
            foreach (var inner in operation.ChildOperations)
                pending.Push((inner, times));
        }

        return expressions;
    }

    // Parentheses and statements of one expression add no level.
    private static bool IsLevel(SyntaxNode node) => node switch
    {
        ParenthesizedExpressionSyntax => false,
        ExpressionSyntax or PatternSyntax => true,
        StatementSyntax => node is not (BlockSyntax or ExpressionStatementSyntax or LocalDeclarationStatementSyntax or ReturnStatementSyntax),
        _ => false,
    };
}
