using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Graph;

/// <summary>The rules of one function: each value is defined once and before it is read, and each node keeps the rules of its op.</summary>
internal sealed class FunctionVerifier(ModuleVerifier owner, Function function)
{
    private static readonly HashSet<string> ScoreInputs = new(StringComparer.Ordinal) { "score", "query", "key", "head", "layer" };

    // What is decided when a checkpoint is loaded, with the number of operands.
    private static readonly Dictionary<string, int> HostOps = new(StringComparer.Ordinal)
    {
        ["equal"] = 2, ["less"] = 2, ["less_equal"] = 2, ["and"] = 2, ["or"] = 2, ["not"] = 1, ["remainder"] = 2, ["quotient"] = 2, ["choose"] = 3,
    };

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
                throw ModuleVerifier.Wrong($"in '{function.Name}': result {value} is never defined");
        }
    }

    private void Verify(Node node)
    {
        string At(string message) => $"`{GraphPrinter.Print(function, node)}`: {message}";

        foreach (var operand in node.Operands)
        {
            if (!_defined.Contains(operand))
                throw Wrong(node, $"operand {operand} is not defined before it is read");
        }

        foreach (var result in node.Results)
            Define(result, $"result {result}", At);

        if (OpCatalog.Find(node.Op) is not { } op)
            throw Wrong(node, $"'{node.Op}' is no op");
        VerifyAttributes(node, op);
        if (op.Kind == OpKind.Control)
        {
            if (node.Op == "branch")
                VerifyBranch(node);
            else
                VerifyLoop(node);
            return;
        }

        VerifyArity(node, op);
        VerifyElementTypes(node, op);
        if (node.Results.Count != 1)
            throw Wrong(node, $"{op.Name} has one result, not {node.Results.Count}");
        var expected = ExpectedType(node, op);
        if (function.Types[node.Result] != expected)
            throw Wrong(node, $"the result is {expected} by the rule of {op.Name}, not {function.Types[node.Result]}");
    }

    private void Define(int value, string what, Func<string, string> at)
    {
        if (!_defined.Add(value))
            throw ModuleVerifier.Wrong($"in '{function.Name}': {at($"{what} is defined twice")}");
        if (!function.Types.TryGetValue(value, out var type))
            throw ModuleVerifier.Wrong($"in '{function.Name}': {at($"{what} has no type")}");
        for (var i = 0; i < type.Rank; i++)
        {
            var isRowCount = i == 0 && (type.Shape[0] == Size.Rows || type.Shape[0] == Size.Outputs);
            if (owner.ProblemOf(type.Shape[i], isRowCount) is { } problem)
                throw ModuleVerifier.Wrong($"in '{function.Name}': {at($"{what}: {problem}")}");
        }
    }

    private void VerifyArity(Node node, OpDefinition op)
    {
        var tensors = op.Tensors.ToList();
        var least = tensors.Count(static tensor => tensor.IsAlwaysThere);

        // A score reads further operands behind the op's own.
        var most = op.IsVariadic || node.Attributes.Any(static attribute => attribute.Value is ScoreValue) ? int.MaxValue : tensors.Count;
        if (node.Operands.Count < least || node.Operands.Count > most)
            throw Wrong(node, $"{op.Name} takes {(least == most ? $"{least}" : $"{least} to {most}")} operands, not {node.Operands.Count}");
    }

    // Integers are tokens: only a gather reads them, and only ops that move rows as they are may pass them on.
    private void VerifyElementTypes(Node node, OpDefinition op)
    {
        for (var i = 0; i < node.Operands.Count; i++)
        {
            var isInteger = function.Types[node.Operands[i]].DType == DType.I32;
            if (isInteger && !(op.Kind == OpKind.Gather && i == 1) && op.Kind is not (OpKind.Select or OpKind.Source))
                throw Wrong(node, $"operand {i} of {op.Name} is a number per element, not tokens");
        }
    }

    private TensorType ExpectedType(Node node, OpDefinition op)
    {
        if (op.Name == "weight")
        {
            var weight = owner.Module.Weight(node.SymbolOf("name"));
            if (weight.InStack && owner.Module.IsEntry(function.Name))
                throw Wrong(node, $"'{weight.Path}' has an index and can only be read in a loop's body");
            return new TensorType(DType.F32, weight.Shape);
        }

        try
        {
            return op.Shape(new OpUse(op, [.. node.Operands.Select(operand => function.Types[operand])], node.Attributes, i => $"operand {i} is {function.Types[node.Operands[i]]}"));
        }
        catch (ShapeException wrong)
        {
            throw Wrong(node, wrong.Message);
        }
    }

    private void VerifyAttributes(Node node, OpDefinition op)
    {
        foreach (var group in node.Attributes.GroupBy(static attribute => attribute.Name))
        {
            if (group.Count() > 1)
                throw Wrong(node, $"the attribute '{group.Key}' is there twice");
            if (!Verifier.Allows(op, group.Key))
                throw Wrong(node, $"{op.Name} has no attribute '{group.Key}'");
            if (ProblemOf(node, op, group.Single()) is { } problem)
                throw Wrong(node, $"'{group.Key}': {problem}");
        }

        IEnumerable<string> needed = op.Name switch
        {
            "weight" => ["name"],
            "scalar" => ["value"],
            "slice" => ["begin", "count"],
            "shift" => ["by"],
            "repeat" => ["times"],
            "range" => ["count"],
            "loop" => ["count", "body"],
            "branch" => ["condition", "then", "else"],
            "rotate" => ["rotary"],
            _ => [],
        };
        foreach (var name in needed)
        {
            if (node[name] is null)
                throw Wrong(node, $"{op.Name} needs the attribute '{name}'");
        }
    }

    private string? ProblemOf(Node node, OpDefinition op, NodeAttribute attribute) => (op.Name, attribute.Name, attribute.Value) switch
    {
        ("weight", "name", SymbolValue symbol) => owner.Module.Weights.Any(weight => weight.Name == symbol.Name) ? null : $"'{symbol.Name}' is no weight",
        ("loop", "body", SymbolValue symbol) => owner.Module.Functions.Any(candidate => candidate.Name == symbol.Name) ? null : $"'{symbol.Name}' is no function",
        ("loop", "count", SizeValue size) => owner.ProblemOf(size.Value),
        ("branch", "then" or "else", SymbolValue symbol) => owner.Module.Functions.Any(candidate => candidate.Name == symbol.Name) ? null : $"'{symbol.Name}' is no function",
        ("branch", "condition", ScoreValue condition) => ProblemOfHost(node, op, condition.Body),
        ("rotate", "rotary", SymbolValue symbol) => owner.Option(symbol.Name) is { Kind: OptionKind.Rotary } ? null : $"'{symbol.Name}' is no rotary option",
        ("rotate", "interleaved", NumberValue { Value: 0 or 1 }) => null,
        ("attend", "causal", NumberValue { Value: 0 or 1 }) => null,
        ("shift", "by", SizeValue size) => owner.ProblemOf(size.Value),
        ("slice", _, SizeValue size) => owner.ProblemOf(size.Value),
        ("mean" or "sum" or "reduce_max" or "softmax", "axis", NumberValue { Value: -2 }) => null,
        ("repeat" or "range", _, SizeValue size) => owner.ProblemOf(size.Value),
        ("reshape" or "expand", _, SizeValue size) => owner.ProblemOf(size.Value),
        ("attend", "window", SizeValue size) => owner.ProblemOf(size.Value),
        ("scalar", "value", ScoreValue computed) => ProblemOfHost(node, op, computed.Body),
        ("attend", "window", ScoreValue window) => ProblemOf(node, op, window.Body),
        ("attend", "score", ScoreValue score) => ProblemOf(node, op, score.Body),
        ("attend", "sinks", ScoreValue { Body: ScalarExpression.Lookup { Indices: [ScalarExpression.Input { Name: "head" }] } sinks }) => ProblemOf(node, op, sinks),
        ("attend", "scale", ScoreValue scale) => scale.Body.Walk().Any(static part => part is ScalarExpression.Input { Name: not "layer" } or ScalarExpression.Lookup) ? "a scale is the same for every score" : ProblemOf(node, op, scale.Body),
        ("scalar", "value", NumberValue) or ("attend", "scale", NumberValue) => null,
        ("scalar", "value", SizeValue size) => owner.ProblemOf(size.Value),
        ("attend", "scale", SizeValue size) => owner.ProblemOf(size.Value),
        ("scalar", "value", SymbolValue symbol) => ProblemOfNumber(symbol.Name),
        ("attend", "scale", SymbolValue symbol) => ProblemOfNumber(symbol.Name),
        _ => $"a {attribute.Value.GetType().Name} is not what it takes",
    };

    private string? ProblemOfNumber(string name) => owner.Option(name) is { Kind: OptionKind.Float, IsList: false } ? null : $"'{name}' is no float option";

    // A bool option is a condition where one is decided, and a number nowhere.
    private string? ProblemOfHost(Node node, OpDefinition op, ScalarExpression expression) =>
        expression is ScalarExpression.Symbol symbol && owner.Option(symbol.Name) is { Kind: OptionKind.Bool, IsList: false } ? null : ProblemOf(node, op, expression);

    private string? ProblemOf(Node node, OpDefinition op, ScalarExpression expression)
    {
        switch (expression)
        {
            case ScalarExpression.Constant:
                return null;
            case ScalarExpression.Input input:
                return ScoreInputs.Contains(input.Name) ? null : $"'{input.Name}' is no input of a score";
            case ScalarExpression.Symbol symbol:
                return ProblemOfNumber(symbol.Name);
            case ScalarExpression.TextIs text:
                return owner.Option(text.Option) is not { Kind: OptionKind.Text or OptionKind.Enum } option ? $"'{text.Option}' is no string option"
                    : option.IsList != text.Index is not null ? $"'{text.Option}' is {(option.IsList ? "a list, and has values by their index" : "no list")}"
                    : text.Index is null ? null : ProblemOf(node, op, text.Index);
            case ScalarExpression.ItemOf item:
                return owner.Option(item.Option) is { IsList: true } list && list.Kind == item.Kind && item.Kind is OptionKind.Int or OptionKind.Float or OptionKind.Bool
                    ? ProblemOf(node, op, item.Index)
                    : $"'{item.Option}' is no list of {item.Kind.ToString().ToLowerInvariant()} values";
            case ScalarExpression.Apply apply when HostOps.TryGetValue(apply.Op, out var arity):
                return apply.Arguments.Count == arity
                    ? apply.Arguments.Select(argument => ProblemOfHost(node, op, argument)).FirstOrDefault(static problem => problem is not null)
                    : $"{apply.Op} takes {arity} arguments, not {apply.Arguments.Count}";
            case ScalarExpression.Extent extent:
                return owner.ProblemOf(extent.Value);
            case ScalarExpression.Lookup lookup:
                return lookup.Operand < op.Tensors.Count() || lookup.Operand >= node.Operands.Count
                    ? $"#{lookup.Operand} is no further operand of this node"
                    : lookup.Indices.Select(index => ProblemOf(node, op, index)).FirstOrDefault(static problem => problem is not null);
            case ScalarExpression.Apply apply when OpCatalog.Find(apply.Op) is { Kind: OpKind.Elementwise } known:
                return known.Parameters.Count != apply.Arguments.Count
                    ? $"{apply.Op} takes {known.Parameters.Count} arguments in a score, not {apply.Arguments.Count}"
                    : apply.Arguments.Select(argument => ProblemOf(node, op, argument)).FirstOrDefault(static problem => problem is not null);
            default:
                return $"`{expression}` cannot be computed in a score";
        }
    }

    // The first results are the next round's first operands; operands behind them are the same in every round.
    private void VerifyLoop(Node node)
    {
        var body = owner.Module[node.SymbolOf("body")];
        if (owner.Module.IsEntry(body.Name))
            throw Wrong(node, "an entry cannot be a loop's body");
        if (node.Results.Count > node.Operands.Count)
            throw Wrong(node, $"a loop carries its first operands to its results, so {node.Results.Count} results need as many operands");
        if (body.Parameters.Count != node.Operands.Count)
            throw Wrong(node, $"'{body.Name}' takes {body.Parameters.Count} operands, not {node.Operands.Count}");
        if (body.Returns.Count != node.Results.Count)
            throw Wrong(node, $"'{body.Name}' returns {body.Returns.Count} values, not {node.Results.Count}");
        for (var i = 0; i < node.Operands.Count; i++)
            Same(function.Types[node.Operands[i]], TypeIn(body, body.Parameters[i]), $"operand {i}", $"parameter {i} of '{body.Name}'");
        for (var i = 0; i < node.Results.Count; i++)
        {
            Same(function.Types[node.Results[i]], TypeIn(body, body.Returns[i]), $"result {i}", $"result {i} of '{body.Name}'");
            Same(function.Types[node.Results[i]], function.Types[node.Operands[i]], $"result {i}", $"operand {i}");
        }

        void Same(TensorType a, TensorType? b, string first, string second) => VerifySame(node, a, b, first, second);
    }

    private void VerifyBranch(Node node)
    {
        foreach (var name in node.Bodies)
        {
            var body = owner.Module[name];
            if (owner.Module.IsEntry(name))
                throw Wrong(node, "an entry cannot be a side of a branch");
            if (body.Parameters.Count != node.Operands.Count)
                throw Wrong(node, $"'{name}' takes {body.Parameters.Count} operands, not {node.Operands.Count}");
            if (body.Returns.Count != node.Results.Count)
                throw Wrong(node, $"'{name}' returns {body.Returns.Count} values, not {node.Results.Count}");
            for (var i = 0; i < node.Operands.Count; i++)
                VerifySame(node, function.Types[node.Operands[i]], TypeIn(body, body.Parameters[i]), $"operand {i}", $"parameter {i} of '{name}'");
            for (var i = 0; i < node.Results.Count; i++)
                VerifySame(node, function.Types[node.Results[i]], TypeIn(body, body.Returns[i]), $"result {i}", $"result {i} of '{name}'");
        }
    }

    private void VerifySame(Node node, TensorType a, TensorType? b, string first, string second)
    {
        if (a != b)
            throw Wrong(node, $"{first} is {a} but {second} is {b}");
    }

    private static TensorType? TypeIn(Function body, int value) => body.Types.TryGetValue(value, out var type) ? type : null;

    private Exception Wrong(Node node, string message) => ModuleVerifier.Wrong($"in '{function.Name}', `{GraphPrinter.Print(function, node)}`: {message}");
}
