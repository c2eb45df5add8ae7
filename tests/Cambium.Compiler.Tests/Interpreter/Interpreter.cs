using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Tests.Interpretation;

/// <summary>The result of a run.</summary>
/// <param name="Output">The entry's first result at the wanted rows, [rows, width].</param>
/// <param name="Loops">Each loop that ran, in order.</param>
public sealed record InterpreterResult(double[,] Output, IReadOnlyList<LoopTrace> Loops)
{
    /// <summary>Every result of the entry, in the order of its names; <see cref="Output"/> is the first.</summary>
    public IReadOnlyList<double[,]> Outputs { get; init; } = [Output];
}

/// <summary>The carried values of a loop: before the first round, then after each round.</summary>
public sealed record LoopTrace(string Function, IReadOnlyList<IReadOnlyList<Values>> States)
{
    /// <summary>The first carried value (the residual stream of a decoder) after <paramref name="rounds"/> rounds, [rows, width].</summary>
    public double[,] Hidden(int rounds) => States[rounds][0].ToMatrix();
}

/// <summary>
/// Runs a graph op by op in double precision, without KV cache or fusion. It is the reference for passes, kernels and emitted code, so it is
/// simple and slow.
/// </summary>
public sealed class Interpreter
{
    private readonly Module _module;
    private readonly InterpreterInput _input;
    private readonly List<LoopTrace> _loops = [];

    private Interpreter(Module module, InterpreterInput input)
    {
        (_module, _input) = (module, input);
        Sequence = [.. input.Sequences.SelectMany(static (tokens, sequence) => tokens.Select(_ => sequence))];
        Position = [.. input.Sequences.SelectMany(static tokens => Enumerable.Range(0, tokens.Count))];
        OutputRows = input.OutputRows ?? [.. Enumerable.Range(0, Position.Length)];
    }

    /// <summary>The sequence of each row.</summary>
    internal int[] Sequence { get; }

    /// <summary>The position of each row in its sequence.</summary>
    internal int[] Position { get; }

    internal IReadOnlyList<int> OutputRows { get; }

    public static InterpreterResult Run(Module module, InterpreterInput input)
    {
        var interpreter = new Interpreter(module, input);
        double[] tokens = [.. input.Sequences.SelectMany(static sequence => sequence).Select(static token => (double)token)];
        var entry = module.Entries.First(candidate => candidate.Method == input.Entry);
        var function = module[entry.Function];
        var arguments = function.Parameters.Select((value, i) =>
            new Values(interpreter.ShapeOf(function.Types[value]), i == 0 ? tokens : input.Inputs[entry.Inputs[i]]));
        var results = interpreter.Call(function, [.. arguments], 0)
            .Select((result, i) =>
                (function.Types[function.Returns[i]].Shape[0] == Size.Outputs ? result : result.Rows(interpreter.OutputRows)).ToMatrix())
            .ToList();
        return new InterpreterResult(results[0], interpreter._loops) { Outputs = results };
    }

    internal IReadOnlyList<Values> Call(Function function, IReadOnlyList<Values> arguments, int layer)
    {
        var values = new Dictionary<int, Values>();
        for (int i = 0; i < arguments.Count; i++)
            values.Add(function.Parameters[i], arguments[i]);
        foreach (var node in function.Nodes)
        {
            var operation = new Operation(this, function, node, [.. node.Operands.Select(operand => values[operand])], layer);
            var results = Operations.Table[node.Op](operation);
            for (int i = 0; i < results.Count; i++)
            {
                // Finds an error of a shape rule here, where it is easier to understand than a wrong number later.
                int[] declared = ShapeOf(function.Types[node.Results[i]]);
                if (!declared.SequenceEqual(results[i].Shape))
                {
                    throw new InvalidOperationException(
                        $"{node.Op} gave [{string.Join(", ", results[i].Shape)}] but its type is {function.Types[node.Results[i]]} = "
                            + $"[{string.Join(", ", declared)}].");
                }

                values.Add(node.Results[i], results[i]);
            }
        }

        return [.. function.Returns.Select(value => values[value])];
    }

    internal IReadOnlyList<Values> Branch(Operation branch) =>
        Call(_module[branch.Node.SymbolOf(NumberOf(branch.Node["condition"]!, branch.Layer) != 0 ? "then" : "else")], branch.Operands, branch.Layer);

    internal IReadOnlyList<Values> Loop(Operation loop)
    {
        var body = _module[loop.Node.SymbolOf("body")];
        int carried = loop.Node.Results.Count;
        var state = loop.Operands.Take(carried).ToList();
        var states = new List<IReadOnlyList<Values>> { state };
        _loops.Add(new LoopTrace(body.Name, states));
        long count = SizeOf(loop.Node.SizeOf("count"));
        for (int round = 0; round < count; round++)
        {
            state = [.. Call(body, [.. state, .. loop.Operands.Skip(carried)], round)];
            states.Add(state);
        }

        return state;
    }

    internal Values Weight(string name, int layer)
    {
        var weight = _module.Weight(name);
        var shape = weight.Shape.Select(size => (int)SizeOf(size)).ToArray();
        if (weight.IsComputed)
            return Call(_module[name], [], layer)[0];
        if (weight.When is not null && OptionOf(weight.When) == 0)
            return new Values(shape);
        if (weight.TiedTo is not null && (weight.TiedWhen is null || _input.Ties(weight.TiedWhen)))
            return Weight(weight.TiedTo, layer);
        if (weight is { Begin: { } begin, WholeRows: { } wholeRows })
        {
            // A slice of a larger tensor's rows.
            int[] whole = [(int)SizeOf(wholeRows), .. shape.Skip(1)];
            int width = Values.Count(whole) / whole[0];
            var all = _input.Weights(weight, weight.InStack ? layer : 0, Values.Count(whole));
            int group = weight.GroupRows is { } rows ? (int)SizeOf(rows) : shape[0];
            int stride = weight.RowStride is { } distance ? (int)SizeOf(distance) : 0;
            return new Values(shape, [.. Enumerable.Range(0, shape[0]).SelectMany(row => all.Skip(Source(row) * width).Take(width))]);

            int Source(int row) => (int)SizeOf(begin) + (row / group * stride) + (row % group);
        }

        var data = _input.Weights(weight, weight.InStack ? layer : 0, Values.Count(shape));
        return data.Length == Values.Count(shape)
            ? new Values(shape, data)
            : throw new InvalidOperationException($"'{name}' has {data.Length} elements, not [{string.Join(", ", shape)}].");
    }

    internal RotaryAngles Rotary(string option) => _input.Rotary[option];

    internal int[] ShapeOf(TensorType type) => [.. type.Shape.Select(size => (int)SizeOf(size))];

    internal long SizeOf(Size size) => size.Evaluate(name => name switch
    {
        "T" => Position.Length,
        "S" => OutputRows.Count,
        _ => _input.Dims.TryGetValue(name, out long value) ? value
            : _module.Dims.FirstOrDefault(dim => dim.Name == name) is { Default: { } expression } ? SizeOf(expression)
            : (long)OptionOf(name),
    });

    /// <summary>The number of an attribute.</summary>
    internal double NumberOf(AttributeValue value, int layer) => value switch
    {
        NumberValue number => number.Value,
        SizeValue size => SizeOf(size.Value),
        SymbolValue symbol => OptionOf(symbol.Name),
        ScoreValue computed => NumberOf(computed.Body, layer),
        _ => throw new InvalidOperationException($"{value} is not a number."),
    };

    private double NumberOf(ScalarExpression expression, int layer) => ElementFunctions.Evaluate(expression, leaf => leaf switch
    {
        ScalarExpression.Symbol symbol => OptionOf(symbol.Name),
        ScalarExpression.Extent extent => SizeOf(extent.Value),
        ScalarExpression.Input { Name: "layer" } => layer,
        ScalarExpression.ItemOf item => ItemOf(item.Option, item.Index, layer) is var value && value is string text
            ? double.Parse(text, CultureInfo.InvariantCulture)
            : Convert.ToDouble(value, CultureInfo.InvariantCulture),
        ScalarExpression.TextIs { Index: { } index } text => (string)ItemOf(text.Option, index, layer) == text.Value ? 1 : 0,
        ScalarExpression.TextIs text => TextOf(text.Option) == text.Value ? 1 : 0,
        _ => throw new InvalidOperationException($"`{leaf}` is not a number."),
    });

    private object ItemOf(string list, ScalarExpression index, int layer) =>
        _input.Lists.TryGetValue(list, out var values) ? values[(int)NumberOf(index, layer)]
        : _module.Options.First(option => option.Name == list) is { Default: { } text } option
            ? option.Kind == OptionKind.Bool ? bool.Parse(text) : text
        : throw new KeyNotFoundException($"'{list}' has no default and no values.");

    private string TextOf(string name) => _input.Texts.TryGetValue(name, out var text)
        ? text
        : _module.Options.First(option => option.Name == name).Default ?? throw new KeyNotFoundException($"'{name}' has no default and no value.");

    private double OptionOf(string name)
    {
        if (_input.Options.TryGetValue(name, out double value))
            return value;
        var option = _module.Options.FirstOrDefault(option => option.Name == name)
            ?? throw new KeyNotFoundException($"'{name}' has no value and is not an option.");
        return option switch
        {
            { Default: null } => throw new KeyNotFoundException($"'{name}' has no default and no value."),
            { Kind: OptionKind.Bool } => bool.Parse(option.Default) ? 1 : 0,
            _ => double.Parse(option.Default, CultureInfo.InvariantCulture),
        };
    }
}
