using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <content>The shape rules of the operations.</content>
internal sealed partial class ShapeEvaluator
{
    private static readonly IReadOnlyList<string> OneOperand =
        ["Negate", "Abs", "Square", "Sqrt", "Rsqrt", "Reciprocal", "Sign", "Floor", "Ceiling", "Round", "Sin", "Cos", "Exp", "Log", "Sigmoid", "Tanh",
            "Relu", "Silu", "Gelu", "GeluTanh", "Softplus", "Mish"];

    private static readonly IReadOnlyList<string> SeveralOperands =
        ["Add", "Subtract", "Multiply", "Divide", "Minimum", "Maximum", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "EqualTo",
            "Pow", "Where", "Clamp"];

    /// <summary>The parameter names of the other operations.</summary>
    private static readonly Dictionary<string, string[]> Parameters = new(StringComparer.Ordinal)
    {
        ["Linear"] = ["x", "weight", "bias"],
        ["RmsNorm"] = ["x", "weight", "epsilon"],
        ["LayerNorm"] = ["x", "weight", "bias", "epsilon"],
        ["Softmax"] = ["x", "axis"],
        ["Mean"] = ["x", "axis"],
        ["Sum"] = ["x", "axis"],
        ["MaximumOf"] = ["x", "axis"],
        ["Slice"] = ["x", "begin", "count"],
        ["Split"] = ["x", "first", "second", "third", "fourth"],
        ["MatMul"] = ["a", "b"],
        ["Repeat"] = ["x", "times"],
        ["Transpose"] = ["x"],
        ["Range"] = ["count"],
        ["Cast"] = ["tokens"],
        ["Positions"] = ["tokens"],
        ["Shift"] = ["tokens", "by"],
        ["Rotate"] = ["x", "rotary", "interleaved"],
        ["Attend"] = ["q", "k", "v", "window", "scale", "score", "visible", "sinks", "causal"],
    };

    private Value Operation(Scope scope, InvocationExpressionSyntax call, string name)
    {
        if (name is "Reshape" or "Concat" || OneOperand.Contains(name) || SeveralOperands.Contains(name))
        {
            var operands = call.ArgumentList.Arguments.Select(argument => Evaluate(scope, argument.Expression)).ToList();
            return operands.Contains(Value.Unknown) ? Value.Unknown
                : name == "Reshape" ? Reshape(call, operands)
                : name == "Concat" ? Concat(call, operands)
                : Elementwise(call, name, operands);
        }

        if (!Parameters.TryGetValue(name, out var parameters))
            return Fail(call, ErrorKind.Construct, "no operation");
        var arguments = Named(name, parameters, call.ArgumentList.Arguments);
        var values = arguments
            .Where(static pair => pair.Value is not LambdaExpressionSyntax)
            .ToDictionary(static pair => pair.Key, pair => IsNull(pair.Value) ? null : Evaluate(scope, pair.Value));
        if (values.ContainsValue(Value.Unknown))
            return Value.Unknown;
        Value? Of(string parameter) => values.GetValueOrDefault(parameter);

        return name switch
        {
            "Linear" => Linear(call, Rows(Of("x")), Of("weight"), Of("bias")),
            "RmsNorm" or "LayerNorm" => Norm(call, Of("x"), [Of("weight"), Of("bias")]),
            "Softmax" or "Mean" or "Sum" or "MaximumOf" =>
                Reduce(call, name, Of("x"), arguments.ContainsKey("axis") ? Of("axis") : new Value.Number(-1, true)),
            "Slice" => Slice(call, Of("x"), Of("begin"), Of("count")),
            "Split" => Split(call, Of("x"), [.. new[] { "first", "second", "third", "fourth" }.Where(arguments.ContainsKey).Select(Of)]),
            "MatMul" => MatMul(call, Of("a"), Of("b")),
            "Repeat" => Of("x") is Value.Tensor { IsRows: true, Axes.Count: > 1 } x && Of("times") is Value.Number { Size: { } times }
                ? x with { Axes = [.. x.Axes.SkipLast(2), x.Axes[^2] * times, x.Last] }
                : Fail(call, ErrorKind.Shape, "repeats heads"),
            "Transpose" =>
                Of("x") is Value.Tensor { Axes.Count: > 1 } x
                    ? x with { Axes = [.. x.Axes.SkipLast(2), x.Last, x.Axes[^2]] }
                    : Fail(call, ErrorKind.Shape, "exchanges two axes"),
            "Range" => Of("count") is Value.Number { Size: { } count }
                ? new Value.Tensor(false, [count])
                : Fail(call, ErrorKind.Argument, "counts to a size"),
            "Cast" => Of("tokens") is Value.Tokens ? new Value.Tensor(true, [1]) : Fail(call, ErrorKind.Argument, "takes ids"),
            "Positions" => Of("tokens") is Value.Tokens ? new Value.Tokens() : Fail(call, ErrorKind.Argument, "takes ids"),
            "Shift" => Of("tokens") is Value.Tokens && Of("by") is Value.Number { Size: not null }
                ? new Value.Tokens()
                : Fail(call, ErrorKind.Argument, "takes ids and a size"),
            "Rotate" => Rotate(call, Of("x"), Of("interleaved")),
            _ => Attend(scope, call, arguments, Of),
        };
    }

    /// <summary>Arguments by parameter. The norms can omit parameters in the middle.</summary>
    private static Dictionary<string, ExpressionSyntax> Named(string name, IReadOnlyList<string> parameters, IReadOnlyList<ArgumentSyntax> arguments)
    {
        if (name is "RmsNorm" or "LayerNorm")
            parameters = [.. parameters.Take(arguments.Count - 1), parameters[^1]];
        var named = new Dictionary<string, ExpressionSyntax>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
            named[arguments[i].NameColon?.Name.Identifier.Text ?? parameters[i]] = arguments[i].Expression;
        return named;
    }

    private static bool IsNull(ExpressionSyntax expression) => expression is LiteralExpressionSyntax { Token.Text: "null" or "default" };

    private static Value.Tensor? Rows(Value? value) => value is Value.Tensor { IsRows: true } rows ? rows : null;

    /// <summary>A number is a tensor without axes.</summary>
    private static Value.Tensor? AsTensor(Value? value) => value is Value.Tensor tensor ? tensor : value is Value.Number ? Value.Tensor.Scalar : null;

    private Value Elementwise(SyntaxNode node, string name, IReadOnlyList<Value> operands)
    {
        if (operands.Any(static operand => operand is Value.Score))
            return new Value.Score();
        if (operands.All(static operand => operand is Value.Number))
        {
            var sign = name switch { "Add" => "+", "Subtract" => "-", "Multiply" => "*", "Divide" => "/", _ => null };
            return new Value.Number(null, sign is null && operands.All(static operand => ((Value.Number)operand).IsLiteral));
        }

        return operands
            .Skip(1)
            .Aggregate(AsTensor(operands[0]) ?? Fail(node, ErrorKind.Argument, "no tensor"), (shape, other) => Broadcast(node, shape, other));
    }

    /// <summary>Shapes align at their last axes, an axis of length 1 broadcasts, and the rows axis aligns only with the rows axis.</summary>
    private Value Broadcast(SyntaxNode node, Value left, Value right)
    {
        if (left == Value.Unknown)
            return left;
        if (AsTensor(left) is not { } a || AsTensor(right) is not { } b)
            return Fail(node, ErrorKind.Argument, "no tensors");
        if ((a.IsRows && b.IsRows && a.Axes.Count != b.Axes.Count)
            || (a.IsRows != b.IsRows && (a.IsRows ? b.Axes.Count > a.Axes.Count : a.Axes.Count > b.Axes.Count)))
            return Fail(node, ErrorKind.Shape, $"{a} and {b} differ in their axes");
        var axes = new List<Ratio>();
        for (var i = Math.Max(a.Axes.Count, b.Axes.Count); i > 0; i--)
        {
            var (x, y) = (i <= a.Axes.Count ? a.Axes[^i] : 1, i <= b.Axes.Count ? b.Axes[^i] : 1);
            if (x != y && x != 1 && y != 1)
                return Fail(node, ErrorKind.Shape, $"{a} and {b}");
            axes.Add(x == 1 ? y : x);
        }

        return new Value.Tensor(a.IsRows || b.IsRows, axes);
    }

    private Value Linear(SyntaxNode node, Value.Tensor? x, Value? weight, Value? bias)
    {
        if (x is null || weight is not Value.Tensor { IsRows: false, Axes: [var output, var input] } || x.Axes.Count == 0 || x.Last != input)
            return Fail(node, ErrorKind.Shape, $"{x} by {weight}");
        return bias is null || (bias is Value.Tensor { IsRows: false, Axes: [var shift] } && shift == output)
            ? x.WithLast(output)
            : Fail(node, ErrorKind.Shape, $"the shift {bias} of [{output}]");
    }

    private Value Norm(SyntaxNode node, Value? x, IReadOnlyList<Value?> weights)
    {
        if (AsTensor(x) is not { Axes.Count: > 0 } rows)
            return Fail(node, ErrorKind.Shape, "has no axis");
        return weights.All(
            weight => weight is null or Value.Number || (weight is Value.Tensor { IsRows: false, Axes: [var size] } && size == rows.Last))
            ? rows
            : Fail(node, ErrorKind.Shape, $"{rows} with {string.Join(" and ", weights)}");
    }

    private Value Reduce(SyntaxNode node, string name, Value? value, Value? axis)
    {
        if (axis is not Value.Number { IsLiteral: true, Size: { } place } || (place != -1 && place != -2))
            return Fail(node, ErrorKind.Argument, "an axis is -1 or -2");
        if (AsTensor(value) is not { } x || x.Axes.Count < (place == -2 ? 2 : 1))
            return Fail(node, ErrorKind.Shape, $"{value} has no such axis");
        return name == "Softmax" ? x : place == -1 ? x.WithLast(1) : x with { Axes = [.. x.Axes.SkipLast(2), 1, x.Last] };
    }

    private Value Reshape(SyntaxNode node, IReadOnlyList<Value> operands)
    {
        if (operands.Skip(1).Any(static operand => operand is not Value.Number { Size: not null }))
            return Fail(node, ErrorKind.Argument, "a shape is made of sizes");
        List<Ratio> axes = [.. operands.Skip(1).Select(static operand => ((Value.Number)operand).Size!.Value)];
        if (operands[0] is not Value.Tensor x || (!x.IsRows && x.Axes.Count == 0) || Product(axes) != Product(x.Axes))
            return Fail(node, ErrorKind.Shape, $"{operands[0]} as [{string.Join(", ", axes)}]");
        return x with { Axes = axes };
    }

    private static Ratio Product(IEnumerable<Ratio> sizes) => sizes.Aggregate((Ratio)1, static (product, size) => product * size);

    private Value Slice(SyntaxNode node, Value? value, Value? from, Value? length)
    {
        if (from is not Value.Number { Size: { } begin } || length is not Value.Number { Size: { } count })
            return Fail(node, ErrorKind.Argument, "a run is of sizes");
        if (value is not Value.Tensor { Axes.Count: > 0 } x)
            return Fail(node, ErrorKind.Shape, "has no axis");
        if (begin.Sign < 0 || count.Sign <= 0 || (x.Last - begin - count).Sign < 0)
            Doubt(node, $"{count} from {begin} on of {x}");
        return x.WithLast(count);
    }

    private Value Split(SyntaxNode node, Value? value, IReadOnlyList<Value?> sizes)
    {
        if (sizes.Any(static size => size is not Value.Number { Size: not null }))
            return Fail(node, ErrorKind.Argument, "runs are of sizes");
        List<Ratio> counts = [.. sizes.Select(static size => ((Value.Number)size!).Size!.Value)];
        if (value is not Value.Tensor { Axes.Count: > 0 } x || counts.Aggregate(static (sum, count) => sum + count) != x.Last)
            return Fail(node, ErrorKind.Shape, $"{value} into {string.Join(", ", counts)}");
        if (counts.Any(static count => count.Sign <= 0))
            Doubt(node, "a run of nothing");
        return new Value.Tuple([.. counts.Select(x.WithLast)]);
    }

    private Value Concat(SyntaxNode node, IReadOnlyList<Value> parts)
    {
        if (parts.Count == 0
            || parts.Any(static part => part is not Value.Tensor { Axes.Count: > 0 })
            || parts.Any(part => !((Value.Tensor)part).WithLast(1).Equals(((Value.Tensor)parts[0]).WithLast(1))))
            return Fail(node, ErrorKind.Shape, $"{string.Join(" and ", parts)} side by side");
        return ((Value.Tensor)parts[0]).WithLast(parts.Aggregate((Ratio)0, static (sum, part) => sum + ((Value.Tensor)part).Last));
    }

    private Value MatMul(SyntaxNode node, Value? left, Value? right)
    {
        if (left is not Value.Tensor a || right is not Value.Tensor b)
            return Fail(node, ErrorKind.Shape, "no tensors");

        // For a matrix that is the same for all rows, a single row is a matrix with one row.
        var isRow = a is { IsRows: true, Axes.Count: 1 } && !b.IsRows;
        IReadOnlyList<Ratio> x = isRow ? [1, a.Axes[0]] : a.Axes, y = b.Axes;
        if (x.Count < 2 || y.Count < 2 || x[^1] != y[^2] || (x.Count > 2 && y.Count > 2 && !x.SkipLast(2).SequenceEqual(y.SkipLast(2))))
            return Fail(node, ErrorKind.Shape, $"{a} by {b}");
        var batch = x.Count > 2 ? x.SkipLast(2) : y.SkipLast(2);
        return new Value.Tensor(a.IsRows || b.IsRows, [.. batch, .. isRow ? Enumerable.Empty<Ratio>() : [x[^2]], y[^1]]);
    }

    private Value Rotate(SyntaxNode node, Value? x, Value? interleaved)
    {
        if (interleaved is not null and not Value.Truth { Known: not null })
            return Fail(node, ErrorKind.Argument, "is interleaved or not");
        return x is Value.Tensor { IsRows: true, Axes.Count: 2 } heads ? heads : Fail(node, ErrorKind.Shape, $"{x} has no heads");
    }

    private Value Attend(Scope scope, InvocationExpressionSyntax call, Dictionary<string, ExpressionSyntax> arguments, Func<string, Value?> of)
    {
        if (of("causal") is not (null or Value.Truth { Known: not null }))
            return Fail(call, ErrorKind.Argument, "is causal or not");
        if (of("q") is not Value.Tensor { IsRows: true, Axes: [var heads, var size] } q
            || of("k") is not Value.Tensor { IsRows: true, Axes: [var keyHeads, var keySize] }
            || of("v") is not Value.Tensor { IsRows: true, Axes: [var valueHeads, var valueSize] }
            || size != keySize || keyHeads != valueHeads)
        {
            return Fail(call, ErrorKind.Shape, $"{of("q")} with {of("k")} and {of("v")}");
        }

        if (Ratio.Divide(heads, keyHeads) is not { IsWhole: true })
            Doubt(call, $"{heads} heads for {keyHeads}");
        if (of("sinks") is { } sinks && !(sinks is Value.Tensor { IsRows: false, Axes: [var each] } && each == heads))
            return Fail(call, ErrorKind.Shape, $"{sinks} for {heads} heads");
        var inside = scope.Branch() with { Heads = heads };
        var failures = _failures.Count;
        foreach (var lambda in arguments.Values.OfType<LambdaExpressionSyntax>())
            Score(inside, lambda);
        return _failures.Count > failures ? Value.Unknown : q.WithLast(valueSize);
    }

    private void Score(Scope scope, LambdaExpressionSyntax lambda)
    {
        IReadOnlyList<ParameterSyntax> parameters = lambda is ParenthesizedLambdaExpressionSyntax several
            ? [.. several.ParameterList.Parameters]
            : [((SimpleLambdaExpressionSyntax)lambda).Parameter];
        for (var i = 0; i < parameters.Count; i++)
            scope.Locals[parameters[i].Identifier.Text] = i == parameters.Count - 1 ? new Value.Position() : new Value.Score();
        if ((lambda.ExpressionBody
            ?? (lambda.Block is { Statements: [ReturnStatementSyntax { Expression: var only }] } ? only : null)) is not { } body)
            Fail(lambda, ErrorKind.Construct, "a lambda with statements");
        else if (Evaluate(scope, body) is not (Value.Score or Value.Number or Value.Truth) and var value && value != Value.Unknown)
            Fail(lambda, ErrorKind.Argument, $"a score is not {value}");
    }
}
