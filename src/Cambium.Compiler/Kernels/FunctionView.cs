using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// A function as fusion sees it. Views are other names of their operand, selected rows are read through an index, and what
/// does not depend on a row is computed wherever it is read; so none of these is a node of its own.
/// </summary>
internal sealed class FunctionView
{
    private readonly Dictionary<int, List<Node>> _consumers = [];
    private readonly RowShapes _shapes;

    public FunctionView(Function function)
    {
        Function = function;
        _shapes = new RowShapes(Type, Producer);
        Nodes = [.. function.Nodes.Where(node => !IsTransparent(node))];
        foreach (var node in Nodes)
        {
            foreach (var operand in node.Operands.Where(IsRows).Select(operand => Root(operand).Value).Distinct())
                (_consumers.TryGetValue(operand, out var list) ? list : _consumers[operand] = []).Add(node);
        }

        Returned = new HashSet<int>(function.Returns.Select(value => Root(value).Value));
    }

    public Function Function { get; }

    /// <summary>The nodes that do something, in order.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>Roots of the results.</summary>
    public HashSet<int> Returned { get; }

    public TensorType Type(int value) => Function.Types[value];

    public bool IsRows(int value) => Type(value).IsRows;

    public Node? Producer(int value) => Function.Producers.TryGetValue(value, out var node) ? node : null;

    /// <summary>Nodes that read a root.</summary>
    public IReadOnlyList<Node> Consumers(int root) => _consumers.TryGetValue(root, out var list) ? list : [];

    /// <summary>The value whose elements these are, and which of them.</summary>
    public Root Root(int value) => _shapes.Root(value);

    public static bool IsRowOp(Node node) => OpCatalog.KindOf(node) is OpKind.Elementwise or OpKind.Reduction or OpKind.Group or OpKind.Append;

    private bool IsTransparent(Node node) => OpCatalog.KindOf(node) is OpKind.Source or OpKind.View or OpKind.Slice or OpKind.Select || ((IsRowOp(node) || OpCatalog.KindOf(node) is OpKind.Arrange) && !IsRows(node.Result));

    /// <summary>One number per row or per group: it stays in a register.</summary>
    public bool IsScalar(int value) => _shapes.IsScalar(value);

    /// <summary>What a row op asks of the columns it runs over; null where it asks nothing.</summary>
    public Domain? DomainOf(Node node) => _shapes.DomainOf(node);
}
