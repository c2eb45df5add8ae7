using System.Globalization;
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

            writer.Line();
            Products();
            functions.Functions();
        }

        writer.Line();
        functions.Kernels();
    }

    // Only the first entry continues sequences, so only it has prefixes.
    private void Products()
    {
        var products = plan.Entries[0].Products;
        List<(int Site, bool OfKeys, AttentionProduct Product)> known = [];
        for (var site = 0; site < products.Count; site++)
        {
            if (products[site].Keys is { } keys)
                known.Add((site, true, keys));
            if (products[site].Values is { } values)
                known.Add((site, false, values));
        }

        var header = $"public override {RuntimeNames.AttentionProduct}? Product(int site, int layer, bool ofKeys)";
        var cases = known.Select(item => (item.Site, item.OfKeys, Text: Text(item.Product))).Where(static item => item.Text is not null).ToList();
        if (cases.Count == 0)
            return;
        writer.Line("/// <inheritdoc/>");
        using (writer.Block(header))
        {
            writer.Line("var w = _weights;");
            using (writer.Block("return (site, ofKeys) switch", "};"))
            {
                foreach (var (site, ofKeys, text) in cases)
                    writer.Line($"({site.ToString(CultureInfo.InvariantCulture)}, {(ofKeys ? "true" : "false")}) => {text},");
                writer.Line("_ => null,");
            }
        }
    }

    private string? Text(AttentionProduct product)
    {
        foreach (var packed in weights.Packed)
        {
            for (var segment = 0; segment < packed.Segments.Count; segment++)
            {
                for (var part = 0; part < packed.Segments[segment].Parts.Count; part++)
                {
                    if (packed.Segments[segment].Parts[part] != product.Weight)
                        continue;
                    var layer = packed.Layers is null ? "" : "[layer]";
                    var bias = product.Bias is { } name && weights.Plain.Any(plain => plain.Weight.Name == name)
                        ? LaunchText.Weight(plan.Module, name) : "null";
                    var place = $"{segment.ToString(CultureInfo.InvariantCulture)}, {part.ToString(CultureInfo.InvariantCulture)}";
                    return product.Bias is not null && bias == "null" ? null
                        : $"new {RuntimeNames.Cpu}PackedProduct(w.{packed.Name}Weights{layer}, {place}, {bias})";
                }
            }
        }

        return null;
    }
}
