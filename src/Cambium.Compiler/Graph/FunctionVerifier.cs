using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Graph;

/// <summary>
/// The rules of one function: each value is defined once and before it is read, and each node follows the rules of its op's record.
/// </summary>
internal sealed class FunctionVerifier(ModuleVerifier owner, Function function)
{
    private readonly HashSet<int> _defined = [];

    public void Run()
    {
        foreach (var parameter in function.Parameters)
            Define(parameter, $"parameter {parameter}", static message => message);
        foreach (var node in function.Nodes)
            Verify(node);
        foreach (var value in function.Returns)
        {
            if (!_defined.Contains(value))
                throw ModuleVerifier.Error($"in '{function.Name}': result {value} is never defined");
        }
    }

    private void Verify(Node node)
    {
        string At(string message) => $"`{ModuleText.Print(function, node)}`: {message}";

        foreach (var operand in node.Operands)
        {
            if (!_defined.Contains(operand))
                throw Error(node, $"operand {operand} is not defined before it is read");
        }

        foreach (var result in node.Results)
            Define(result, $"result {result}", At);

        if (OpCatalog.Find(node.Op) is not { } op)
            throw Error(node, $"'{node.Op}' is not an op");
        if (op.Kind == OpKind.Host)
            throw Error(node, $"'{node.Op}' is an op of host expressions, not of a graph");
        VerifyAttributes(node, op);
        VerifyArity(node, op);
        VerifyElementTypes(node, op);
        if (node.Op == "loop")
            VerifyLoop(node);
        else if (node.Op == "branch")
            VerifyBranch(node);
        else
            VerifyResults(node, op);
    }

    private void Define(int value, string what, Func<string, string> at)
    {
        if (!_defined.Add(value))
            throw ModuleVerifier.Error($"in '{function.Name}': {at($"{what} is defined twice")}");
        if (!function.Types.TryGetValue(value, out var type))
            throw ModuleVerifier.Error($"in '{function.Name}': {at($"{what} has no type")}");
        for (var i = 0; i < type.Rank; i++)
        {
            var isRowCount = i == 0 && (type.Shape[0] == Size.Rows || type.Shape[0] == Size.Outputs);
            if (owner.ProblemOf(type.Shape[i], isRowCount) is { } problem)
                throw ModuleVerifier.Error($"in '{function.Name}': {at($"{what}: {problem}")}");
        }
    }

    private void VerifyArity(Node node, OpDefinition op)
    {
        var tensors = op.Tensors.ToList();
        var least = tensors.Count(static tensor => tensor.IsAlwaysThere);

        // The tables of a score are further operands, after the op's own.
        var most = op.IsVariadic || node.Attributes.Any(static attribute => attribute.Value is ScoreValue) ? int.MaxValue : tensors.Count;
        if (node.Operands.Count < least || node.Operands.Count > most)
            throw Error(node, $"{op.Name} takes {(least == most ? $"{least}" : $"{least} to {most}")} operands, not {node.Operands.Count}");
    }

    private void VerifyElementTypes(Node node, OpDefinition op)
    {
        var tensors = op.Tensors.ToList();
        for (var i = 0; i < node.Operands.Count; i++)
        {
            // Further operands of a score are parameters of the model, which are floats. Those of a variadic op are like its last parameter.
            var expected = i < tensors.Count ? tensors[i].DType : op.IsVariadic ? tensors[tensors.Count - 1].DType : DType.F32;
            if (expected is { } type && function.Types[node.Operands[i]].DType != type)
                throw Error(node, $"operand {i} of {op.Name} must be {(type == DType.F32 ? "floats, not ids" : "ids, not floats")}");
        }
    }

    private void VerifyResults(Node node, OpDefinition op)
    {
        var expected = ExpectedTypes(node, op);
        if (node.Results.Count != expected.Count)
            throw Error(node, $"{op.Name} has {expected.Count} result{(expected.Count == 1 ? "" : "s")}, not {node.Results.Count}");
        for (var i = 0; i < expected.Count; i++)
        {
            if (function.Types[node.Results[i]] != expected[i])
            {
                var result = expected.Count == 1 ? "the result" : $"result {i}";
                throw Error(node, $"{result} is {expected[i]} by the rule of {op.Name}, not {function.Types[node.Results[i]]}");
            }
        }
    }

    private IReadOnlyList<TensorType> ExpectedTypes(Node node, OpDefinition op)
    {
        if (op.Shape is null)
        {
            var weight = owner.Module.Weight(node.SymbolOf("name"));
            if (weight.InStack && owner.Module.IsEntry(function.Name))
                throw Error(node, $"'{weight.Path}' has an index and can only be read in a loop's body");
            return [new TensorType(DType.F32, weight.Shape)];
        }

        try
        {
            IReadOnlyList<TensorType> operands = [.. node.Operands.Select(operand => function.Types[operand])];
            return op.Shape(new OpUse(op, operands, node.Attributes, i => $"operand {i} is {operands[i]}"));
        }
        catch (ShapeException error)
        {
            throw Error(node, error.Message);
        }
    }

    private void VerifyAttributes(Node node, OpDefinition op)
    {
        var checks = new AttributeChecks(op, node.Operands.Count, owner);
        foreach (var group in node.Attributes.GroupBy(static attribute => attribute.Name))
        {
            if (group.Count() > 1)
                throw Error(node, $"the attribute '{group.Key}' occurs twice");
            if (op.Attribute(group.Key) is not { } parameter)
                throw Error(node, $"{op.Name} has no attribute '{group.Key}'");
            if (checks.ProblemOf(parameter.Type, group.Single().Value) is { } problem)
                throw Error(node, $"'{group.Key}': {problem}");
        }

        foreach (var parameter in op.Attributes)
        {
            if (!parameter.Optional && node[parameter.Name] is null)
                throw Error(node, $"{op.Name} needs the attribute '{parameter.Name}'");
        }
    }

    // The first results are the next round's first operands; the other operands are the same in every round.
    private void VerifyLoop(Node node)
    {
        var body = owner.Module[node.SymbolOf("body")];
        if (owner.Module.IsEntry(body.Name))
            throw Error(node, "an entry cannot be a loop's body");
        if (node.Results.Count > node.Operands.Count)
            throw Error(node, $"a loop carries its first operands to its results, so {node.Results.Count} results need as many operands");
        VerifyCall(node, body);
        for (var i = 0; i < node.Results.Count; i++)
            VerifySame(node, function.Types[node.Results[i]], function.Types[node.Operands[i]], $"result {i}", $"operand {i}");
    }

    private void VerifyBranch(Node node)
    {
        foreach (var name in node.Bodies)
        {
            if (owner.Module.IsEntry(name))
                throw Error(node, "an entry cannot be a side of a branch");
            VerifyCall(node, owner.Module[name]);
        }
    }

    /// <summary>Operands and results of the node are parameters and results of the function that it runs.</summary>
    private void VerifyCall(Node node, Function body)
    {
        if (body.Parameters.Count != node.Operands.Count)
            throw Error(node, $"'{body.Name}' takes {body.Parameters.Count} operands, not {node.Operands.Count}");
        if (body.Returns.Count != node.Results.Count)
            throw Error(node, $"'{body.Name}' returns {body.Returns.Count} values, not {node.Results.Count}");
        for (var i = 0; i < node.Operands.Count; i++)
            VerifySame(node, function.Types[node.Operands[i]], TypeIn(body, body.Parameters[i]), $"operand {i}", $"parameter {i} of '{body.Name}'");
        for (var i = 0; i < node.Results.Count; i++)
            VerifySame(node, function.Types[node.Results[i]], TypeIn(body, body.Returns[i]), $"result {i}", $"result {i} of '{body.Name}'");
    }

    private void VerifySame(Node node, TensorType a, TensorType? b, string first, string second)
    {
        if (a != b)
            throw Error(node, $"{first} is {a} but {second} is {b}");
    }

    private static TensorType? TypeIn(Function body, int value) => body.Types.TryGetValue(value, out var type) ? type : null;

    private Exception Error(Node node, string message) =>
        ModuleVerifier.Error($"in '{function.Name}', `{ModuleText.Print(function, node)}`: {message}");
}
