using Cambium.Compiler.Emit.Host;
using Cambium.Compiler.Plan;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>
/// Prints the class of program instances on the CPU: the places of one instance's working memory, and a method for each
/// function. Kernels follow as members of the model.
/// </summary>
internal sealed class ProgramEmitter(CodeWriter writer, ProgramPlan plan, CpuWeightLayout weights)
{
    /// <summary>The nested class that is printed.</summary>
    public const string ClassName = "CpuProgram";

    public void Emit()
    {
        var model = Identifiers.Escape(plan.Identity.Name);
        var functions = new FunctionEmitter(writer, plan, weights);
        writer.Line("/// <summary>One instance of an entry point on the CPU.</summary>");
        using (writer.Block($"private sealed class {ClassName} : {RuntimeNames.CpuProgram}"))
        {
            writer.Line("private readonly Settings _settings;");
            writer.Line("private readonly Weights _weights;");
            ArenaEmitter.Fields(writer, plan);
            writer.Line();
            writer.Line(
                $"public {ClassName}({model} model, {RuntimeNames.Device} device, in {RuntimeNames.ProgramLimits} limits, "
                    + $"{RuntimeNames.ChunkStore} store)");
            using (writer.Indent())
                writer.Line(": base(model, device, limits, store)");
            using (writer.Block(null))
            {
                writer.Line("_settings = model._settings;");
                writer.Line("_weights = model._weights;");
                writer.Line("Layout(limits.Entry, _settings, limits.MaxRows, limits.MaxOutputs, _offsets);");
            }

            writer.Line();
            writer.Line("/// <inheritdoc/>");
            if (plan.Entries.Count == 1)
            {
                writer.Line($"protected override void Run({RuntimeNames.Step} step) => {plan.Entries[0].Run}(step);");
            }
            else
            {
                using (writer.Block($"protected override void Run({RuntimeNames.Step} step)"))
                    writer.Switch("Limits.Entry", plan.Entries.Count, index => writer.Line($"{plan.Entries[index].Run}(step);"));
            }

            functions.Functions();
        }

        writer.Line();
        functions.Kernels();
    }
}
