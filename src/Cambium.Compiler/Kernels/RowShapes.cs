using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>How the values of a function are stored in rows, and what an op requires of the columns that it runs over.</summary>
internal sealed class RowShapes(Func<int, TensorType> type, Func<int, Node?> producer)
{
    private readonly Dictionary<int, RowView> _views = [];
    private readonly Dictionary<int, bool> _scalars = [];

    public TensorType Type(int value) => type(value);

    public Node? Producer(int value) => producer(value);

    public bool IsRows(int value) => type(value).IsRows;

    /// <summary>The value whose rows hold the elements, and which of its elements they are.</summary>
    public RowView ViewOf(int value)
    {
        // Views of views, from the value to its source and back.
        var path = new Stack<(int Value, Node View)>();
        RowView view;
        while (!_views.TryGetValue(value, out view))
        {
            if (!IsRows(value) || producer(value) is not { Kind: OpKind.View or OpKind.Slice or OpKind.Select } node)
            {
                view = _views[value] = new RowView(value);
                break;
            }

            path.Push((value, node));
            value = node.Operands[0];
        }

        foreach (var (viewed, node) in path)
        {
            view = view.Through(node, type(node.Operands[0]))
                ?? throw new InvalidOperationException($"{node.Op} of a slice whose groups it divides; the slice must be copied first");
            _views[viewed] = view;
        }

        return view;
    }

    /// <summary>Is a value whole rows of a buffer of its own?</summary>
    public bool IsBuffer(int value) => ViewOf(value).IsWhole && IsInMemory(value);

    /// <summary>Ids and positions are not rows of floats in a buffer.</summary>
    public bool IsInMemory(int value) => !(producer(ViewOf(value).Value) is { } node && node.Kind is OpKind.Source or OpKind.RowIds);

    /// <summary>One number per row or per group: it stays in a register.</summary>
    public bool IsScalar(int value)
    {
        var shape = type(value);
        if (!shape.IsRows || shape.Last != Size.One)
            return false;
        if (shape.Rank <= 2)
            return true;

        // By the operands of elementwise ops, as far as they have heads and one number for each.
        DepthFirst.Visit(value, OperandsOf, next => _scalars[next] = producer(next)!.Operands.Any(IsKnown));
        return _scalars[value];

        IReadOnlyList<int>? OperandsOf(int next)
        {
            if (_scalars.ContainsKey(next))
                return null;
            var isOfHeads = IsRows(next) && type(next) is { Rank: > 2 } found && found.Last == Size.One;
            var kind = producer(next)?.Kind;
            if (isOfHeads && kind == OpKind.Elementwise)
                return producer(next)!.Operands;
            _scalars[next] = isOfHeads ? kind == OpKind.Reduction : IsRows(next) && type(next).Last == Size.One;
            return null;
        }

        bool IsKnown(int operand) => _scalars[operand];
    }

    /// <summary>What a row op requires of the columns that it runs over; null where it requires nothing.</summary>
    public Domain? DomainOf(Node node)
    {
        if (node.Kind is not OpKind.Elementwise)
        {
            // A reduction of one number per row is that number; it has no columns.
            var operand = type(node.Operands[0]);
            return new Domain(operand.Width, operand.Last);
        }

        return IsScalar(node.Result) ? null : DomainOf(type(node.Result), node.Operands);
    }

    /// <summary>
    /// Of an elementwise op: whole groups where an operand has one number for each group, or where an operand's groups are strided.
    /// </summary>
    public Domain DomainOf(TensorType result, IEnumerable<int> operands)
    {
        Size? groupSize = null;
        foreach (var operand in operands.Where(operand => type(operand).Rank > 0))
        {
            if (result.Rank > 2 && type(operand).Width != result.Width && type(operand).Width != Size.One)
                return new Domain(result.Width, result.Last);
            if (IsRows(operand) && type(operand).Width == result.Width)
                groupSize ??= ViewOf(operand).Group;
        }

        return new Domain(result.Width, groupSize);
    }
}
