using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;

namespace Cambium.Compiler.Passes;

/// <summary>Replaces composites and the bias of a product by the ops that define them.</summary>
internal static class ExpandComposites
{
    private static readonly Dictionary<string, Func<Build, IReadOnlyList<int>, int>> Definitions = new(StringComparer.Ordinal)
    {
        ["rms_norm"] = static (build, operands) =>
        {
            var (x, weight, epsilon) = (operands[0], operands[1], operands[2]);
            var scale = build("rsqrt", build("add", build("mean", build("square", x)), epsilon));
            return build("mul", build("mul", x, scale), weight);
        },
        ["layer_norm"] = static (build, operands) =>
        {
            var (x, weight, bias, epsilon) = (operands[0], operands[1], operands[2], operands[3]);
            var centred = build("sub", x, build("mean", x));
            var scale = build("rsqrt", build("add", build("mean", build("square", centred)), epsilon));
            return build("add", build("mul", build("mul", centred, scale), weight), bias);
        },
    };

    private delegate int Build(string op, params int[] operands);

    public static Module Run(Module module) => PassPipeline.Each(module, static function => new Rewriter(function).Run(Replace));

    private static bool Replace(Rewriter rewriter, Node node)
    {
        int Build(string op, params int[] operands) => rewriter.Builder.Add(op, operands, origin: node.Origin);

        var operands = node.Operands.Select(operand => rewriter[operand]).ToList();
        if (OpCatalog.KindOf(node) == OpKind.Composite)
        {
            rewriter[node.Result] = Definitions[node.Op](Build, operands);
            return true;
        }

        if (OpCatalog.KindOf(node) == OpKind.Product && operands.Count > 2)
        {
            rewriter[node.Result] = Build("add", Build(node.Op, operands[0], operands[1]), operands[2]);
            return true;
        }

        return false;
    }
}
