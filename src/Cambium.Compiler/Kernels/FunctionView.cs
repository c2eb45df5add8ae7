using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;

namespace Cambium.Compiler.Kernels;

/// <summary>Whose elements a value is made of.</summary>
/// <param name="Selected">Its rows are those whose result is wanted.</param>
/// <param name="Offset">Element of the root's row at which they begin; null where they are all of it.</param>
internal readonly record struct Root(int Value, bool Selected, Size? Offset)
{
    /// <summary>The root's own rows as they lie in memory.</summary>
    public bool IsWhole => !Selected && Offset is null;
}

/// <summary>
/// A function as fusion sees it. Views are other names of their operand, selected rows are read through an index, and what
/// does not depend on a row is computed wherever it is read; so none of these is a node of its own.
/// </summary>
internal sealed class FunctionView
{
    private readonly Dictionary<int, List<Node>> _consumers = [];

    public FunctionView(Function function)
    {
        Function = function;
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

    /// <summary>The value whose elements these are, whether its rows are selected, and the element of a row at which they begin.</summary>
    public Root Root(int value)
    {
        var selected = false;
        Size? offset = null;
        while (Producer(value) is { } node && IsRows(value))
        {
            switch (OpCatalog.KindOf(node))
            {
                // Another shape of a run would have gaps between its groups.
                case OpKind.View when offset is null:
                    break;
                case OpKind.Slice when Type(node.Operands[0]).Rank == 2:
                    offset = offset is null ? node.SizeOf("begin") : offset + node.SizeOf("begin");
                    break;
                case OpKind.Slice:
                    throw new UnsupportedGraphException("a run of each head has no kernel; take it of the row, before Reshape", node.Origin);
                case OpKind.View:
                    throw new UnsupportedGraphException("a run of a reshaped value has no kernel; take it before Reshape", node.Origin);
                case OpKind.Select:
                    selected = true;
                    break;
                default:
                    return new Root(value, selected, offset);
            }

            value = node.Operands[0];
        }

        return new Root(value, selected, offset);
    }

    public static bool IsRowOp(Node node) => OpCatalog.KindOf(node) is OpKind.Elementwise or OpKind.Reduction or OpKind.Group or OpKind.Append;

    private bool IsTransparent(Node node) => OpCatalog.KindOf(node) is OpKind.Source or OpKind.View or OpKind.Slice or OpKind.Select || (IsRowOp(node) && !IsRows(node.Result));

    /// <summary>One number per row or per group: it stays in a register.</summary>
    public bool IsScalar(int value)
    {
        var type = Type(value);
        if (!type.IsRows || type.Last != Size.One)
            return false;
        if (type.Rank <= 2)
            return true;
        return Producer(value) is { } node && OpCatalog.KindOf(node) switch
        {
            OpKind.Reduction => true,
            OpKind.Elementwise => node.Operands.Any(operand => IsRows(operand) && IsScalar(operand)),
            _ => false,
        };
    }

    /// <summary>What a row op asks of the columns it runs over; null where it asks nothing.</summary>
    public Domain? DomainOf(Node node)
    {
        var type = Type(node.Operands[0]);
        switch (OpCatalog.KindOf(node))
        {
            case OpKind.Group:
            case OpKind.Append:
                return new Domain(type.Width, type.Last);
            case OpKind.Reduction:
                // A reduction of one number per row is that number; it has no columns.
                return new Domain(type.Width, type.Last);
            default:
                type = Type(node.Result);
                if (IsScalar(node.Result))
                    return null;
                var grouped = type.Rank > 2 && node.Operands.Any(operand => Type(operand) is { Rank: > 0 } other && other.Width != type.Width && other.Width != Size.One);
                return new Domain(type.Width, grouped ? type.Last : null);
        }
    }
}
