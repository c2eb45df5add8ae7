using Cambium.Compiler.Graph;
using Cambium.Compiler.Plan;

namespace Cambium.Compiler.Emit.Host;

/// <summary>Prints the check that a checkpoint has every tensor that the program reads.</summary>
internal static class ExpectEmitter
{
    public static void Emit(CodeWriter writer, ProgramPlan plan)
    {
        using (writer.Block($"private static void Expect({RuntimeNames.CheckpointReader} reader, Settings s)"))
        {
            foreach (var stack in plan.Load.Tensors.GroupBy(static tensor => tensor.Layers))
            {
                using (TensorText.Layers(writer, stack.Key))
                {
                    foreach (var group in TensorText.Neighbours(stack.Select(static tensor => tensor.Weight), static weight => weight.When))
                    {
                        using (TensorText.Condition(writer, group[0]))
                        {
                            foreach (var weight in group)
                                Expect(writer, plan, weight);
                        }
                    }
                }
            }

            writer.Line("reader.RequireExpected();");
        }
    }

    private static void Expect(CodeWriter writer, ProgramPlan plan, WeightInfo weight)
    {
        using (weight.TiedTo is null ? null : writer.Block($"if (!{TensorText.TiedWhen(plan.Module, weight)})"))
            writer.Line($"reader.Expect({TensorText.PathOf(plan.Module, weight, isKnownUntied: true)}, {TensorText.ShapeOf(weight)});");
    }
}
