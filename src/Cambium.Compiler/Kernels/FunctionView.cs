using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// A function as fusion sees it: without nodes that need no kernel. A view is another name of its operand, selected rows are read through an index,
/// and a value that does not depend on a row is computed by each of its readers.
/// </summary>
internal sealed class FunctionView
{
    private readonly Dictionary<int, List<Node>> _consumers = [];
    private readonly RowShapes _shapes;
    private readonly IReadOnlyDictionary<int, int> _inputs;

    /// <param name="inputs">Maps values of this function to the indices of the inputs of the entry point that they hold.</param>
    public FunctionView(Function function, IReadOnlyDictionary<int, int> inputs)
    {
        (Function, _inputs) = (function, inputs);
        _shapes = new RowShapes(Type, Producer);
        Nodes = [.. function.Nodes.Where(node => !IsTransparent(node))];
        foreach (var node in Nodes)
        {
            foreach (var operand in node.Operands.Where(IsRows).Select(operand => ViewOf(operand).Value).Distinct())
                (_consumers.TryGetValue(operand, out var list) ? list : _consumers[operand] = []).Add(node);
        }

        var shown = function.Nodes.Where(static node => node.Kind == OpKind.Tap).Select(static node => node.Operands[0]);
        Returned = new HashSet<int>(function.Returns.Concat(shown).Select(value => ViewOf(value).Value));
    }

    public Function Function { get; }

    /// <summary>The nodes that compute something, in order.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>Values whose rows hold the results or are shown by taps: these need a buffer.</summary>
    public HashSet<int> Returned { get; }

    public TensorType Type(int value) => Function.Types[value];

    public bool IsRows(int value) => Type(value).IsRows;

    public Node? Producer(int value) => Function.Producers.TryGetValue(value, out var node) ? node : null;

    /// <summary>Nodes that read the rows of a value.</summary>
    public IReadOnlyList<Node> Consumers(int root) => _consumers.TryGetValue(root, out var list) ? list : [];

    /// <summary>The value whose elements these are, and which of them.</summary>
    public RowView ViewOf(int value) => _shapes.ViewOf(value);

    /// <summary>The source of an integer value: an input of the entry point, or the positions, plus an offset.</summary>
    public RowIds Ids(int value)
    {
        Size? shift = null;
        while (true)
        {
            if (_inputs.TryGetValue(value, out var input))
                return new RowIds(input, shift);
            switch (Producer(value))
            {
                case { Op: "positions" }:
                    return new RowIds(null, shift);
                case { Op: "shift" } node:
                    shift = shift is null ? node.SizeOf("by") : shift + node.SizeOf("by");
                    value = node.Operands[0];
                    break;
                case var node:
                    throw new UnsupportedGraphException(
                        "a table is indexed by an input of ids or by the positions of its tokens; choose between two lookups, "
                            + "not between two indices", node?.Origin ?? Origin.None);
            }
        }
    }

    /// <summary>The sites of the appends in this function, by the value of the append.</summary>
    public Dictionary<int, SiteReference> Sites { get; } = [];

    /// <exception cref="InvalidOperationException">A pass separated an append from its attention: they must be in one function.</exception>
    public SiteReference SiteOf(Node append) => Sites.TryGetValue(append.Result, out var site)
        ? site
        : throw new InvalidOperationException($"'{append.Op}' in function '{Function.Name}' has no attention that reads it.");

    /// <summary>Where a value's elements are read.</summary>
    public Place PlaceOf(RowView view) =>
        Producer(view.Value) is { Op: "cast" } cast ? new Place.Ids(Ids(cast.Operands[0]), view.Selected) : view.Place;

    public static bool IsRowOp(Node node) => node.Kind is OpKind.Elementwise or OpKind.Reduction or OpKind.Group or OpKind.Append;

    private bool IsTransparent(Node node) =>
        node.Kind is OpKind.Source or OpKind.RowIds or OpKind.View or OpKind.Slice or OpKind.Select or OpKind.Tap
            || ((IsRowOp(node) || node.Kind is OpKind.Arrange or OpKind.MatrixProduct) && !IsRows(node.Result));

    /// <summary>One number per row or per group: it stays in a register.</summary>
    public bool IsScalar(int value) => _shapes.IsScalar(value);

    /// <summary>The domain that a row op requires; null if it runs over any columns.</summary>
    public Domain? DomainOf(Node node) => _shapes.DomainOf(node);
}
