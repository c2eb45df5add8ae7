using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>How the values of a function lie in rows, and what an op asks of the columns that it runs over.</summary>
internal sealed class RowShapes(Func<int, TensorType> type, Func<int, Node?> producer)
{
    public TensorType Type(int value) => type(value);

    public Node? Producer(int value) => producer(value);

    public bool IsRows(int value) => type(value).IsRows;

    /// <summary>The value whose elements these are, and which of them.</summary>
    public Root Root(int value) =>
        producer(value) is { } node && IsRows(value) && node.Kind is OpKind.View or OpKind.Slice or OpKind.Select
            ? Root(node.Operands[0]).Through(node, type(node.Operands[0])) ?? throw new InvalidOperationException($"{node.Op} of a run whose groups it cuts; the run has to be copied first")
            : new Root(value);

    /// <summary>Does a value lie in whole rows of a buffer of its own?</summary>
    public bool IsBuffer(int value) => Root(value).IsWhole && IsInMemory(value);

    /// <summary>Ids and positions are no rows of floats.</summary>
    public bool IsInMemory(int value) => !(producer(Root(value).Value) is { } node && node.Kind is OpKind.Source or OpKind.RowIds);

    /// <summary>One number per row or per group: it stays in a register.</summary>
    public bool IsScalar(int value)
    {
        var shape = type(value);
        if (!shape.IsRows || shape.Last != Size.One)
            return false;
        if (shape.Rank <= 2)
            return true;
        return producer(value) is { } node && node.Kind switch
        {
            OpKind.Reduction => true,
            OpKind.Elementwise => node.Operands.Any(operand => IsRows(operand) && IsScalar(operand)),
            _ => false,
        };
    }

    /// <summary>What a row op asks of the columns it runs over; null where it asks nothing.</summary>
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

    /// <summary>Of an elementwise op: whole groups where an operand has one number for each, or where the groups of one lie apart.</summary>
    public Domain DomainOf(TensorType result, IEnumerable<int> operands)
    {
        Size? apart = null;
        foreach (var operand in operands.Where(operand => type(operand).Rank > 0))
        {
            if (result.Rank > 2 && type(operand).Width != result.Width && type(operand).Width != Size.One)
                return new Domain(result.Width, result.Last);
            if (IsRows(operand) && type(operand).Width == result.Width)
                apart ??= Root(operand).Group;
        }

        return new Domain(result.Width, apart);
    }
}
