using System.Globalization;
using Cambium.Compiler.Emit.Host;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints the class that reads a checkpoint's tensors into the layout of the CPU's kernels.</summary>
internal sealed class WeightsEmitter(CodeWriter writer, ProgramPlan plan, CpuWeightLayout layout)
{
    private Module Module => plan.Module;

    public void Emit()
    {
        writer.Line("/// <summary>The checkpoint's tensors in the layout that the kernels read.</summary>");
        using (writer.Block($"private sealed class Weights : {RuntimeNames.Disposable}"))
        {
            Members();
            Read();
            writer.Line();
            ExpectEmitter.Emit(writer, plan);
            writer.Line();
            using (writer.Block($"private void ReadFrom({RuntimeNames.CheckpointReader} reader, Settings s)"))
            {
                foreach (var rotary in plan.Weights.Rotaries)
                    ReadRotary(rotary);
                ReadPlain();
                foreach (var packed in layout.Packed)
                    ReadPacked(packed);
            }

            foreach (var weight in plan.Load.Computed)
            {
                writer.Line();
                FormulaEmitter.Emit(writer, Module, weight);
            }

            writer.Line();
            Dispose();
        }
    }

    private void Members()
    {
        foreach (var packed in layout.Packed)
            writer.Line($"public {RuntimeNames.PackedWeights}{(packed.Layers is null ? "" : "[]")} {packed.Name}Weights = null!;");
        foreach (var rotary in plan.Weights.Rotaries)
            writer.Line($"public {RuntimeNames.RotaryTable} {rotary.Option.Name} = null!;");
        if (layout.Plain.Count > 0)
        {
            writer.Line($"private {RuntimeNames.NativeBuffer} _vectors = null!;");
            foreach (var plain in layout.Plain)
            {
                writer.Line($"private long {plain.Field};");
                if (plain.Stride is not null)
                    writer.Line($"private long {plain.Stride};");
            }
        }

        writer.Line();
        foreach (var plain in layout.Plain)
        {
            writer.Line(plain.Layers is null
                ? $"public float* {plain.Weight.Name} => _vectors.Pointer + {plain.Field};"
                : $"public float* {plain.Weight.Name}(int layer) => _vectors.Pointer + {plain.Field} + (layer * {plain.Stride});");
            writer.Line();
        }
    }

    private void Read()
    {
        using (writer.Block($"public static Weights Read({RuntimeNames.CheckpointReader} reader, Settings s)"))
        {
            writer.Line("Expect(reader, s);");
            writer.Line("var w = new Weights();");
            using (writer.Block("try"))
            {
                writer.Line("w.ReadFrom(reader, s);");
                writer.Line("return w;");
            }

            using (writer.Block("catch"))
            {
                writer.Line("w.Dispose();");
                writer.Line("throw;");
            }
        }
    }

    private void ReadRotary(RotaryUse rotary)
    {
        var name = rotary.Option.Name;
        writer.Line(
            $"{name} = {RuntimeNames.RotaryTable}.Create(reader.Config, "
                + $"{CSharp.Size(rotary.Size)}{(rotary.Option.Path.Length == 0 ? "" : ", " + CSharp.Text(rotary.Option.Path))}, "
                + "cancellation: reader.Cancellation);");

        // A table never rotates more than the size that it was made for, so only other heads are checked.
        foreach (var head in rotary.HeadsToCheck)
            writer.Line(
                $"{RuntimeNames.Binding}.Rotation(reader.Config, {name}, {CSharp.Size(head)}, "
                    + $"{CSharp.Text($"{name}, for heads of {rotary.Option.Default},")});");
    }

    private void ReadPlain()
    {
        if (layout.Plain.Count == 0)
            return;
        writer.Line("long floats = 0;");
        foreach (var plain in layout.Plain)
        {
            var size = $"{RuntimeNames.Binding}.VectorFloats({CSharp.Size(Size.Product(plain.Weight.Shape))})";
            writer.Line($"{plain.Field} = floats;");
            if (plain.Layers is null)
            {
                writer.Line($"floats += {size};");
            }
            else
            {
                writer.Line($"{plain.Stride} = {size};");
                writer.Line($"floats += {plain.Stride} * {CSharp.Factor(plain.Layers)};");
            }
        }

        writer.Line("_vectors = reader.Allocate(floats);");
        foreach (var group in TensorText.Neighbours(layout.Plain, static plain => (plain.Weight.When, plain.Layers)))
        {
            using (TensorText.Condition(writer, group[0].Weight))
            using (TensorText.Layers(writer, group[0].Layers))
            {
                foreach (var plain in group)
                    ReadPlain(plain);
            }
        }
    }

    private void ReadPlain(PlainWeight plain)
    {
        var target =
            $"new global::System.Span<float>({plain.Weight.Name}{(plain.Layers is null ? "" : "(layer)")}, "
                + $"{CSharp.Size(Size.Product(plain.Weight.Shape))})";
        writer.Line(plain.Weight.IsComputed
            ? $"{FormulaEmitter.Call(plain.Weight)}.CopyTo({target});"
            : $"reader.Read({TensorText.PathOf(Module, plain.Weight)}, {TensorText.ShapeOf(plain.Weight)}, {target}"
                + $"{TensorText.SliceOf(plain.Weight)});");
    }

    private void ReadPacked(PackedWeight packed)
    {
        if (packed.SharedWith is not { } shared)
        {
            ReadOwn(packed, isUntied: false);
        }
        else if (shared.Weight.TiedTo is null || shared.Weight.TiedWhen is null)
        {
            writer.Line($"{packed.Name}Weights = {shared.Packed}Weights;");
        }
        else
        {
            using (writer.Block($"if ({TensorText.TiedWhen(Module, shared.Weight)})"))
                writer.Line($"{packed.Name}Weights = {shared.Packed}Weights;");
            using (writer.Block("else"))
                ReadOwn(packed, isUntied: true);
        }
    }

    private void ReadOwn(PackedWeight packed, bool isUntied)
    {
        var name = packed.Name + "Weights";
        var segments = string.Join(", ", packed.Segments.Select(static segment =>
            $"new {RuntimeNames.WeightSegment}({CSharp.Size(segment.Outputs)}, {(segment.Group is null ? "0" : CSharp.Size(segment.Group))}, "
                + $"{segment.Parts.Count})"));
        var create =
            $"new {RuntimeNames.PackedWeights}(reader, reader.{(packed.IsTable ? "TableStorage" : "Storage")}, "
                + $"{CSharp.Size(packed.Inputs)}, {segments})";
        writer.Line(packed.Layers is null ? $"{name} = {create};" : $"{name} = new {RuntimeNames.PackedWeights}[{CSharp.Size(packed.Layers)}];");
        using (TensorText.Layers(writer, packed.Layers))
        {
            var target = packed.Layers is null ? name : $"{name}[layer]";
            if (packed.Layers is not null)
                writer.Line($"{target} = {create};");
            var parts = packed.Segments.SelectMany((segment, i) =>
                segment.Parts.Select((part, k) => (Weight: Module.Weight(part), Place: $"{Number(i)}, {Number(k)}")));
            foreach (var group in TensorText.Neighbours(parts, static part => part.Weight.When))
            {
                using (TensorText.Condition(writer, group[0].Weight))
                {
                    foreach (var (weight, place) in group)
                        ReadPart(weight, target, place, isUntied);
                }
            }
        }

        static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
    }

    /// <param name="place">Index of the segment and of the part in it.</param>
    private void ReadPart(WeightInfo weight, string packed, string place, bool isUntied)
    {
        var options = TensorText.SliceOf(weight) + (weight.IsTransposed ? ", isTransposed: true" : "");
        writer.Line(weight.IsComputed
            ? $"{FormulaEmitter.Call(weight)}.Pack({packed}, {place});"
            : $"{packed}.Read(reader, {TensorText.PathOf(Module, weight, isUntied)}, {TensorText.ShapeOf(weight)}, {place}{options});");
    }

    private void Dispose()
    {
        using (writer.Block("public void Dispose()"))
        {
            foreach (var packed in layout.Packed)
                writer.Line(
                    packed.Layers is null ? $"{packed.Name}Weights?.Dispose();" : $"{RuntimeNames.Binding}.DisposeAll({packed.Name}Weights);");
            foreach (var rotary in plan.Weights.Rotaries)
                writer.Line($"{rotary.Option.Name}?.Dispose();");
            if (layout.Plain.Count > 0)
                writer.Line("_vectors?.Dispose();");
        }
    }
}
