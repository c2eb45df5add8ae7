using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Adds appends before each attention: it reads keys and values from the KV cache, so those of its own rows must be stored there first.
/// </summary>
internal static class SplitAttention
{
    public static Module Run(Module module) => module.Map(static function => new Rewriter(function).Run(Replace));

    private static bool Replace(Rewriter rewriter, Node node)
    {
        if (node.Kind != OpKind.Attention)
            return false;
        var operands = node.Operands.Select(operand => rewriter[operand]).ToList();
        operands[1] = rewriter.Builder.Add("append_key", [operands[1]], origin: node.Origin);
        operands[2] = rewriter.Builder.Add("append_value", [operands[2]], origin: node.Origin);
        rewriter[node.Result] = rewriter.Builder.Add(node.Op, operands, node.Attributes, node.Origin);
        return true;
    }
}
