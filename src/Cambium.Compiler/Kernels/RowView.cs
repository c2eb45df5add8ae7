using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>A strided view of the rows of a value: groups of one size, a fixed distance from each other.</summary>
/// <param name="Value">The value whose rows hold them.</param>
/// <param name="Selected">Only the rows whose result is wanted.</param>
/// <param name="Offset">Element of the row at which the view begins; null for a whole row.</param>
/// <param name="Group">Elements of a contiguous group; null where the whole view is contiguous.</param>
/// <param name="Stride">Elements from the beginning of one group to the next; null where the view is contiguous.</param>
internal readonly record struct RowView(int Value, bool Selected = false, Size? Offset = null, Size? Group = null, Size? Stride = null)
{
    /// <summary>Is the view all of the value's rows?</summary>
    public bool IsWhole => !Selected && Offset is null && Stride is null;

    public Place.Buffer Place => new(Value, Selected, Offset, Stride);

    /// <summary>The view of a reshape, a slice or a selection of this view; null where its groups would not have one stride.</summary>
    /// <param name="node">The view.</param>
    /// <param name="operand">Type of the value that is viewed.</param>
    public RowView? Through(Node node, TensorType operand)
    {
        switch (node.Kind)
        {
            // A reshape has the same elements in the same order.
            case OpKind.View:
                return this;
            case OpKind.Select:
                return this with { Selected = true };
            case OpKind.Slice:
                var slice = this with { Offset = Offset is null ? node.SizeOf("begin") : Offset + node.SizeOf("begin") };
                if (Stride is null)
                    return operand.Last == operand.Width ? slice : slice with { Group = node.SizeOf("count"), Stride = operand.Last };
                return operand.Last == Group ? slice with { Group = node.SizeOf("count") } : null;
            default:
                return null;
        }
    }
}
