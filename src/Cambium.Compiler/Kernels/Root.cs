using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>Whose elements a value is made of: groups of one size, a fixed distance apart.</summary>
/// <param name="Value">The value whose rows hold them.</param>
/// <param name="Selected">Its rows are those whose result is wanted.</param>
/// <param name="Offset">Element of the root's row at which they begin; null where they are all of it.</param>
/// <param name="Group">Elements that lie side by side; null where all of them do.</param>
/// <param name="Stride">Elements from the beginning of one group to the next; null where all of them lie side by side.</param>
internal readonly record struct Root(int Value, bool Selected = false, Size? Offset = null, Size? Group = null, Size? Stride = null)
{
    /// <summary>The root's own rows as they lie in memory.</summary>
    public bool IsWhole => !Selected && Offset is null && Stride is null;

    public Place.Buffer Place => new(Value, Selected, Offset, Stride);

    /// <summary>What a view, a run or a selection of these elements is made of; null where their groups would not be a fixed distance apart.</summary>
    /// <param name="node">The view.</param>
    /// <param name="operand">Type of the value that is viewed.</param>
    public Root? Through(Node node, TensorType operand)
    {
        switch (node.Kind)
        {
            // Another shape of a row has the same elements in the same order.
            case OpKind.View:
                return this;
            case OpKind.Select:
                return this with { Selected = true };
            case OpKind.Slice:
                var run = this with { Offset = Offset is null ? node.SizeOf("begin") : Offset + node.SizeOf("begin") };
                if (Stride is null)
                    return operand.Last == operand.Width ? run : run with { Group = node.SizeOf("count"), Stride = operand.Last };
                return operand.Last == Group ? run with { Group = node.SizeOf("count") } : null;
            default:
                return null;
        }
    }
}
