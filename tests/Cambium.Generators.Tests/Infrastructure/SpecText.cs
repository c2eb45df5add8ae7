using System.Globalization;
using Cambium.Compiler.Spec;

namespace Cambium.Generators.Tests;

/// <summary>Prints statements of a spec so that a test can show them.</summary>
internal static class SpecText
{
    public static string Of(IEnumerable<Statement> statements, string indent = "") => string.Concat(statements.Select(statement => statement switch
    {
        Assign assign => $"{indent}{string.Join(", ", assign.Targets)} = {Of(assign.Value)}\n",
        ForEach loop =>
            $"{indent}foreach {(loop.Index is null ? "" : loop.Index + ", ")}{loop.Variable} in {loop.Stack}\n{Of(loop.Body, indent + "  ")}",
        If choice =>
            $"{indent}if {Of(choice.Condition)}\n{Of(choice.Then, indent + "  ")}"
                + (choice.Else.Count == 0 ? "" : $"{indent}else\n{Of(choice.Else, indent + "  ")}"),
        Return result => $"{indent}return {Of(result.Value)}\n",
        _ => throw new InvalidOperationException(),
    }));

    public static string Of(Expression expression) => expression switch
    {
        LocalRef local => local.Name,
        MemberRef member => "this." + member.Name,
        PropertyRef property => $"{Of(property.Target)}.{property.Name}",
        ItemOf item => $"{Of(item.Target)}[{Of(item.Index)}]",
        Number { IsInteger: true } number => number.Value.ToString(CultureInfo.InvariantCulture),
        Number number => ((float)number.Value).ToString(CultureInfo.InvariantCulture) + "f",
        Truth truth => truth.Value ? "true" : "false",
        Compiler.Spec.Text text => $"\"{text.Value}\"",
        OpCall call => $"{call.Op}({string.Join(", ", call.Arguments.Select(static argument => $"{argument.Parameter}: {Of(argument.Value)}"))})",
        HostOp operation => operation.Operands.Count == 1
            ? $"{operation.Operator}{Of(operation.Operands[0])}"
            : $"({Of(operation.Operands[0])} {operation.Operator} {Of(operation.Operands[1])})",
        Conditional choice => $"({Of(choice.Condition)} ? {Of(choice.WhenTrue)} : {Of(choice.WhenFalse)})",
        BlockCall call => $"{(call.Target is null ? "this" : Of(call.Target))}.{call.Function}!({string.Join(", ", call.Arguments.Select(Of))})",
        TupleOf tuple => $"[{string.Join(", ", tuple.Items.Select(Of))}]",
        LambdaOf lambda => $"({string.Join(", ", lambda.Parameters)}) => {Of(lambda.Body)}",
        _ => throw new InvalidOperationException(),
    };
}
