using System.Globalization;
using System.Text.RegularExpressions;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints what binds a program to a checkpoint: the settings from its config, the weights in memory.</summary>
internal static class BindingEmitter
{
    public static void Settings(CodeWriter writer, KernelModule kernels)
    {
        var module = kernels.Module;
        writer.Line("/// <summary>Dims and options as <c>config.json</c> binds them.</summary>");
        using (writer.Block("private sealed class Settings"))
        {
            foreach (var dim in module.Dims)
                writer.Line($"public int {dim.Name};");
            foreach (var option in module.Options.Where(static option => option.Kind != OptionKind.Rotary))
                writer.Line($"public {TypeOf(option.Kind)}{(option.IsList ? "[]" : "")} {option.Name}{(option.IsList ? " = []" : TypeOf(option.Kind) == "string" ? " = \"\"" : "")};");
            writer.Line();
            using (writer.Block($"public static Settings Read({RuntimeNames.ModelConfig} config)"))
            {
                foreach (var expectation in module.Expectations)
                    writer.Line($"CheckpointBinding.Expect(config, {CSharp.Text(expectation.Path)}, {string.Join(", ", expectation.Values.Select(CSharp.Text))});");
                writer.Line("var s = new Settings();");
                foreach (var option in module.Options.Where(static option => option is { IsList: false, Kind: not OptionKind.Rotary }))
                {
                    writer.Line(option.Kind == OptionKind.Enum
                        ? $"s.{option.Name} = CheckpointBinding.Choice(config, {CSharp.Text(option.Path)}, {(option.Default is null ? "null" : CSharp.Text(option.Default))}, {Choices(option)});"
                        : $"s.{option.Name} = config.{option.Kind}({CSharp.Text(option.Path)}{Fallback(option)});");
                }

                foreach (var dim in module.Dims)
                    writer.Line($"s.{dim.Name} = CheckpointBinding.Dim(config, {CSharp.Text(dim.Path!)}{(dim.Default is null ? "" : $", () => {Exact(dim.Default)}")});");
                foreach (var (a, b) in Divisions(kernels))
                    writer.Line($"CheckpointBinding.Quotient(config, {CSharp.Size(a)}, {CSharp.Size(b)}, {CSharp.Text($"{a} / {b}")});");
                foreach (var attend in kernels.Sites.Select(static site => site.Attend).Where(static attend => attend.Heads != attend.KvHeads))
                    writer.Line($"CheckpointBinding.Quotient(config, {CSharp.Size(attend.Heads)}, {CSharp.Size(attend.KvHeads)}, {CSharp.Text($"{attend.Heads} / {attend.KvHeads}")});");
                foreach (var entry in kernels.Entries)
                    Runs(writer, module, module[entry.Name], [], []);
                foreach (var option in module.Options.Where(static option => option.IsList))
                    List(writer, module, option);
                writer.Line("return s;");
            }
        }

        writer.Line();
    }

    // A list must have every value that the program reads, and one that the config does not have gets as many.
    private static void List(CodeWriter writer, Module module, OptionInfo option)
    {
        var needed = "0";
        foreach (var (count, index) in Reads(module, option.Name))
        {
            var last = index is ScalarExpression.Input ? CSharp.Size(count) : $"CheckpointBinding.Needed({(index.Walk().Any(static part => part is ScalarExpression.Input) ? CSharp.Size(count) : "1")}, layer => {CSharp.Trim(HostText.Integer(index))})";
            needed = needed == "0" ? last : $"int.Max({needed}, {last})";
        }

        writer.Line(option.Kind == OptionKind.Enum
            ? $"s.{option.Name} = CheckpointBinding.Choices(config, {CSharp.Text(option.Path)}, {needed}, {(option.Default is null ? "null" : CSharp.Text(option.Default))}, {Choices(option)});"
            : $"s.{option.Name} = config.{option.Kind}s({CSharp.Text(option.Path)}, {needed}{Fallback(option)});");
    }

    /// <summary>Indices by which the program reads a list, with the number of rounds of the loop that reads.</summary>
    private static IEnumerable<(Size Count, ScalarExpression Index)> Reads(Module module, string list)
    {
        var counts = module.Functions.SelectMany(static function => function.Nodes).Where(static node => node.Op == "loop").ToLookup(static node => node.SymbolOf("body"), static node => node.SizeOf("count"));
        return module.Functions
            .SelectMany(function => function.Nodes.SelectMany(static node => node.Attributes).Select(static attribute => attribute.Value).OfType<ScoreValue>()
                .SelectMany(static value => value.Body.Walk())
                .Select(part => part switch { ScalarExpression.ItemOf item when item.Option == list => item.Index, ScalarExpression.TextIs text when text.Option == list => text.Index, _ => null })
                .OfType<ScalarExpression>()
                .SelectMany(index => counts[function.Name].DefaultIfEmpty(Size.One).Select(count => (count, index))))
            .Distinct();
    }

    private static string Choices(OptionInfo option) => string.Join(", ", option.Choices.Select(static choice => $"[{string.Join(", ", choice.Spellings.Prepend(choice.Name).Select(CSharp.Text))}]"));

    // Runs of rows lie inside of them. Their sizes are compared here where only a checkpoint has them, and below the conditions of the choices around them.
    private static void Runs(CodeWriter writer, Module module, Function function, IReadOnlyList<string> conditions, HashSet<string> known)
    {
        foreach (var node in function.Nodes)
        {
            if (node.Op == "branch")
            {
                // What differs from layer to layer is not decided yet: both sides are looked at.
                var condition = node["condition"]!.AsNumber()!;
                var text = condition.Walk().Any(static part => part is ScalarExpression.Input) ? null : HostText.Condition(condition);
                Runs(writer, module, module[node.SymbolOf("then")], text is null ? conditions : [.. conditions, text], known);
                Runs(writer, module, module[node.SymbolOf("else")], text is null ? conditions : [.. conditions, $"!{text}"], known);
                continue;
            }

            foreach (var body in node.Bodies)
                Runs(writer, module, module[body], conditions, known);
            if (node.Kind != OpKind.Slice || !function.Types[node.Operands[0]].IsRows)
                continue;
            var (begin, count, whole) = (node.SizeOf("begin"), node.SizeOf("count"), function.Types[node.Operands[0]].Last);
            if (begin.Value >= 0 && count.Value > 0 && (whole - begin - count).Value >= 0)
                continue;
            var call = $"CheckpointBinding.Run(config, {CSharp.Size(begin)}, {CSharp.Size(count)}, {CSharp.Size(whole)}, {CSharp.Text($"{count} from {begin} on")}, {CSharp.Text(whole.ToString())});";
            if (known.Add(string.Join(" ", conditions) + call))
                writer.Line(conditions.Count == 0 ? call : $"if ({string.Join(" && ", conditions)}) {call}");
        }
    }

    /// <summary>Divisions of sizes anywhere in the program: shapes were checked as if none leaves a remainder.</summary>
    private static IEnumerable<(Size Left, Size Right)> Divisions(KernelModule kernels) =>
        kernels.Module.Functions.SelectMany(static function => function.Types.Values).SelectMany(static type => type.Shape)
            .Concat(kernels.Module.Weights.SelectMany(static weight => weight.Shape))
            .Concat(kernels.Module.Members.Select(static member => member.Value).OfType<SizeValue>().Select(static size => size.Value))
            .SelectMany(static size => size.Divisions).Distinct();

    private static string TypeOf(OptionKind kind) => kind switch
    {
        OptionKind.Int => "int",
        OptionKind.Float => "float",
        OptionKind.Bool => "bool",
        _ => "string",
    };

    private static string Fallback(OptionInfo option) => option.Default is not { } text ? "" : ", " + option.Kind switch
    {
        OptionKind.Float => CSharp.Float(double.Parse(text, CultureInfo.InvariantCulture)),
        OptionKind.Bool => text.ToLowerInvariant(),
        OptionKind.Text => CSharp.Text(text),
        _ => text,
    };

    /// <summary>A default; a division in it may not leave a remainder.</summary>
    private static string Exact(Size size) =>
        size.Divisions.ToList() is [var (a, b)] && size == a / b
            ? $"CheckpointBinding.Quotient(config, {CSharp.Size(a)}, {CSharp.Size(b)}, {CSharp.Text($"{a} / {b}")})"
            : CSharp.Size(size);

    public static void Weights(CodeWriter writer, Module module, WeightLayout layout)
    {
        writer.Line("/// <summary>The checkpoint's tensors as the kernels read them.</summary>");
        using (writer.Block("private sealed class Weights : global::System.IDisposable"))
        {
            foreach (var packed in layout.Packed)
                writer.Line($"public {RuntimeNames.PackedWeights}{(packed.Layers is null ? "" : "[]")} {packed.Name}Weights = null!;");
            foreach (var rotary in layout.Rotaries)
                writer.Line($"public {RuntimeNames.RotaryTable} {rotary.Name} = null!;");
            if (layout.Plain.Count > 0)
            {
                writer.Line($"private {RuntimeNames.NativeBuffer} _vectors = null!;");
                foreach (var plain in layout.Plain)
                {
                    writer.Line($"private long {plain.Field};");
                    if (plain.Layers is not null)
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

            writer.Line();
            Expect(writer, module, layout);
            writer.Line();
            using (writer.Block($"private void ReadFrom({RuntimeNames.CheckpointReader} reader, Settings s)"))
            {
                foreach (var rotary in layout.Rotaries)
                {
                    writer.Line($"{rotary.Name} = {RuntimeNames.RotaryTable}.Create(reader.Config, {Regex.Replace(rotary.Default ?? "0", "[A-Za-z_][A-Za-z0-9_]*", static match => "s." + match.Value, RegexOptions.CultureInvariant)}{(rotary.Path.Length == 0 ? "" : ", " + CSharp.Text(rotary.Path))});");

                    // A table never turns more than the size that it was made for.
                    foreach (var (_, head) in layout.Turned.Where(turned => turned.Rotary == rotary.Name && turned.Head != SizeParser.Parse(rotary.Default!)))
                        writer.Line($"CheckpointBinding.Turns(reader.Config, {rotary.Name}, {CSharp.Size(head)}, {CSharp.Text($"{rotary.Name}, for heads of {rotary.Default},")});");
                }

                ReadPlain(writer, module, layout);
                foreach (var packed in layout.Packed)
                    ReadPacked(writer, module, packed);
            }

            foreach (var weight in layout.Plain.Select(static plain => plain.Weight.Name).Concat(layout.Packed.SelectMany(static packed => packed.Segments).SelectMany(static segment => segment.Parts)).Distinct().Select(module.Weight).Where(static weight => weight.IsComputed))
            {
                writer.Line();
                FormulaEmitter.Emit(writer, module, weight);
            }

            writer.Line();
            using (writer.Block("public void Dispose()"))
            {
                foreach (var packed in layout.Packed)
                {
                    if (packed.Layers is null)
                        writer.Line($"{packed.Name}Weights?.Dispose();");
                    else
                        writer.Line($"CheckpointBinding.DisposeAll({packed.Name}Weights);");
                }

                foreach (var rotary in layout.Rotaries)
                    writer.Line($"{rotary.Name}?.Dispose();");
                if (layout.Plain.Count > 0)
                    writer.Line("_vectors?.Dispose();");
            }
        }
    }

    // Everything that ReadFrom reads, so that a checkpoint that does not fit says so as a whole and before any memory is taken.
    private static void Expect(CodeWriter writer, Module module, WeightLayout layout)
    {
        var weights = layout.Plain.Select(static plain => (plain.Weight, plain.Layers))
            .Concat(layout.Packed.SelectMany(packed => packed.Segments.SelectMany(static segment => segment.Parts).Select(part => (Weight: module.Weight(part), packed.Layers))))
            .SelectMany(entry => FormulaEmitter.Sources(module, entry.Weight).Select(source => (Weight: source, Layers: source.InStack ? entry.Layers : null)))
            .Where(static entry => entry.Weight.TiedTo is null || entry.Weight.TiedWhen is not null)
            .GroupBy(static entry => (entry.Weight.Path, entry.Weight.When, entry.Weight.TiedWhen)).Select(static group => group.First());
        using (writer.Block($"private static void Expect({RuntimeNames.CheckpointReader} reader, Settings s)"))
        {
            foreach (var stack in weights.GroupBy(static entry => entry.Layers))
            {
                using (Layers(writer, stack.Key))
                {
                    foreach (var (weight, _) in stack)
                    {
                        using (Condition(writer, weight))
                        using (weight.TiedTo is null ? null : writer.Block($"if (!{TiedWhen(weight)})"))
                            writer.Line($"reader.Expect({PathOf(module, weight, true)}, {ShapeOf(weight)});");
                    }
                }
            }

            writer.Line("reader.RequireExpected();");
        }
    }

    private static void ReadPlain(CodeWriter writer, Module module, WeightLayout layout)
    {
        if (layout.Plain.Count == 0)
            return;
        writer.Line("long floats = 0;");
        foreach (var plain in layout.Plain)
        {
            var size = $"CheckpointBinding.SlotFloats({CSharp.Size(Size.Product(plain.Weight.Shape))})";
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

        writer.Line($"_vectors = new {RuntimeNames.NativeBuffer}(floats);");
        foreach (var plain in layout.Plain)
        {
            using (Condition(writer, plain.Weight))
            using (Layers(writer, plain.Layers))
            {
                var target = $"{plain.Weight.Name}{(plain.Layers is null ? "" : "(layer)")}";
                writer.Line(plain.Weight.IsComputed
                    ? $"{FormulaEmitter.Call(plain.Weight)}.CopyTo({target});"
                    : $"reader.Read({PathOf(module, plain.Weight)}, {ShapeOf(plain.Weight)}, {target}{RunOf(plain.Weight)});");
            }

        }
    }

    private static void ReadPacked(CodeWriter writer, Module module, PackedWeight packed)
    {
        var name = packed.Name + "Weights";
        var segments = string.Join(", ", packed.Segments.Select(static segment => $"new {RuntimeNames.WeightSegment}({CSharp.Size(segment.Outputs)}, {(segment.Group is null ? "0" : CSharp.Size(segment.Group))}, {segment.Parts.Count})"));
        var create = $"new {RuntimeNames.PackedWeights}(reader.{(packed.IsTable ? "TableStorage" : "Storage")}, {CSharp.Size(packed.Inputs)}, {segments})";

        IDisposable? other = null;
        if (packed.SharedWith is { } shared)
        {
            // One packed copy of a tied weight serves both.
            var info = shared.Weight;
            var sameTensor = info.TiedTo is null || info.TiedWhen is null;
            if (sameTensor)
            {
                writer.Line($"{name} = {shared.Product}Weights;");
                return;
            }

            using (writer.Block($"if ({TiedWhen(info)})"))
                writer.Line($"{name} = {shared.Product}Weights;");
            other = writer.Block("else");
        }

        writer.Line(packed.Layers is null ? $"{name} = {create};" : $"{name} = new {RuntimeNames.PackedWeights}[{CSharp.Size(packed.Layers)}];");
        using (Layers(writer, packed.Layers))
        {
            var target = packed.Layers is null ? name : $"{name}[layer]";
            if (packed.Layers is not null)
                writer.Line($"{target} = {create};");
            for (var segment = 0; segment < packed.Segments.Count; segment++)
            {
                for (var part = 0; part < packed.Segments[segment].Parts.Count; part++)
                {
                    var info = module.Weight(packed.Segments[segment].Parts[part]);
                    using (Condition(writer, info))
                    {
                        writer.Line(info.IsComputed
                            ? $"{FormulaEmitter.Call(info)}.Pack({target}, {segment}, {part});"
                            : $"{target}.Read(reader, {PathOf(module, info, other is not null)}, {ShapeOf(info)}, {segment}, {part}{RunOf(info)}{(info.IsTransposed ? ", isTransposed: true" : "")});");
                    }

                }
            }
        }

        other?.Dispose();
    }

    private static string TiedWhen(WeightInfo info) => $"reader.Config.Bool({CSharp.Text(info.TiedWhen!)}, !reader.Has({CSharp.Text(info.Path)}))";

    public static string PathOf(Module module, WeightInfo info, bool isKnownApart = false)
    {
        var own = CSharp.TextWithIndex(info.Path, "layer");
        if (info.TiedTo is not { } tied || isKnownApart)
            return own;
        var target = CSharp.TextWithIndex(module.Weight(tied).Path, "layer");
        return info.TiedWhen is null ? target : $"{TiedWhen(info)} ? {target} : {own}";
    }

    // The tensor's own shape, as the checkpoint has it.
    public static string ShapeOf(WeightInfo info)
    {
        var shape = info.Shape.ToList();
        if (info.WholeRows is not null)
            shape[0] = info.WholeRows;
        if (info.IsTransposed)
            shape.Reverse();
        return $"[{string.Join(", ", shape.Select(static size => CSharp.Size(size)))}]";
    }

    public static string RunOf(WeightInfo info) => info.Begin is null
        ? ""
        : $", {CSharp.Size(info.Begin)}, {CSharp.Size(info.Shape[0])}" + (info.RowStride is null ? "" : $", group: {CSharp.Size(info.GroupRows!)}, stride: {CSharp.Size(info.RowStride)}");

    private static IDisposable? Condition(CodeWriter writer, WeightInfo info) => info.When is null ? null : writer.Block($"if (s.{info.When})");

    private static IDisposable? Layers(CodeWriter writer, Size? layers) => layers is null ? null : writer.Block($"for (var layer = 0; layer < {CSharp.Size(layers)}; layer++)");
}
