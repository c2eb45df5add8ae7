using Cambium.Compiler.Collections;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Graph;

/// <summary>Builds one function node by node. The shape rule of the op gives the types of results.</summary>
public sealed class FunctionBuilder(string name)
{
    private readonly List<int> _parameters = [];
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<int, TensorType> _types = [];
    private readonly Dictionary<int, Node> _producers = [];
    private readonly Dictionary<int, ScalarExpression> _numbers = [];
    private int _next;

    public string Name => name;

    public TensorType TypeOf(int value) => _types[value];

    /// <summary>The node that computes a value; null for a parameter.</summary>
    public Node? Producer(int value) => _producers.TryGetValue(value, out var node) ? node : null;

    /// <summary>The expression of a value of rank 0 that depends only on constants, dims and options; null for other values.</summary>
    public ScalarExpression? NumberOf(int value) => _numbers.TryGetValue(value, out var number) ? number : null;

    /// <summary>The number that a new node computes. It shares the numbers of its operands, so a chain of nodes takes no recursion.</summary>
    private static ScalarExpression? NumberOf(Node node, Func<int, ScalarExpression?> known)
    {
        if (node.Op == "scalar")
            return node["value"]?.AsNumber();
        if (OpCatalog.Find(node.Op)?.Kind != OpKind.Elementwise)
            return null;
        var arguments = node.Operands.Select(known).ToList();
        return arguments.Contains(null)
            ? null
            : new ScalarExpression.Apply(node.Op, arguments.Select(static argument => argument!).ToEquatableArray());
    }

    public int Parameter(TensorType type)
    {
        var value = NewValue(type);
        _parameters.Add(value);
        return value;
    }

    /// <summary>Adds a node with one result, whose type is given by the op's rule.</summary>
    public int Add(string op, IReadOnlyList<int> operands, IReadOnlyList<NodeAttribute>? attributes = null, Origin? origin = null) =>
        AddAll(op, operands, attributes, origin).Single();

    /// <summary>Adds a node with one result of a given type.</summary>
    public int Add(string op, IReadOnlyList<int> operands, TensorType type, IReadOnlyList<NodeAttribute>? attributes = null, Origin? origin = null) =>
        Add(op, operands, [type], attributes, origin)[0];

    /// <summary>Adds a node with several results of given types.</summary>
    public IReadOnlyList<int> Add(
        string op,
        IReadOnlyList<int> operands,
        IReadOnlyList<TensorType> types,
        IReadOnlyList<NodeAttribute>? attributes,
        Origin? origin)
    {
        int[] results = [.. types.Select(NewValue)];
        var node = new Node(op, [.. operands], results, attributes ?? [], origin ?? Origin.None);
        _nodes.Add(node);
        foreach (var result in results)
            _producers.Add(result, node);
        if (types is [{ Rank: 0 }] && NumberOf(node, NumberOf) is { } number)
            _numbers.Add(results[0], number);
        return results;
    }

    /// <summary>Adds a node. The op's rule gives the number and the types of its results.</summary>
    /// <param name="describe">The author's expression for operand i, for errors.</param>
    public IReadOnlyList<int> AddAll(
        string op,
        IReadOnlyList<int> operands,
        IReadOnlyList<NodeAttribute>? attributes = null,
        Origin? origin = null,
        Func<int, string>? describe = null)
    {
        var definition = OpCatalog.Get(op);
        var use = new OpUse(definition, [.. operands.Select(TypeOf)], attributes ?? [], describe ?? (i => $"operand {i} is {TypeOf(operands[i])}"));
        var rule = definition.Shape ?? throw new InvalidOperationException($"the types of '{op}' come from declarations");
        return Add(op, operands, rule(use), attributes, origin);
    }

    /// <summary>A rank-0 value: a constant, a dim or an option.</summary>
    public int Scalar(AttributeValue value, Origin? origin = null) => Add("scalar", [], TensorType.F32(), [new("value", value)], origin);

    /// <summary>Copies a value of another function with all values that it depends on.</summary>
    /// <param name="map">From values of that function to values of this one. Receives the copied values.</param>
    public int Copy(Function from, int value, Dictionary<int, int> map)
    {
        DepthFirst.Visit(value, next => map.ContainsKey(next) ? null : from.Producers[next].Operands, next =>
        {
            var node = from.Producers[next];
            int[] operands = [.. node.Operands.Select(operand => map[operand])];
            var results = Add(node.Op, operands, [.. node.Results.Select(result => from.Types[result])], node.Attributes, node.Origin);
            for (var i = 0; i < results.Count; i++)
                map[node.Results[i]] = results[i];
        });
        return map[value];
    }

    public Function Build(IReadOnlyList<int> returns) => new(name, _parameters, _nodes, returns, _types);

    private int NewValue(TensorType type)
    {
        _types.Add(_next, type);
        return _next++;
    }
}
