using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Host;

/// <summary>Prints the settings that a program reads from <c>config.json</c>, with the checks of their values.</summary>
internal static class SettingsEmitter
{
    private const int LongestExcerpt = 110;

    public static void Emit(CodeWriter writer, ProgramPlan plan)
    {
        var module = plan.Module;
        writer.Line("/// <summary>Dims and options as <c>config.json</c> binds them.</summary>");
        using (writer.Block("private sealed class Settings"))
        {
            foreach (var dim in module.Dims)
                writer.Line($"public int {dim.Name};");
            foreach (var option in module.Options.Where(static option => option.Kind != OptionKind.Rotary))
                writer.Line(
                    $"public {TypeOf(option.Kind)}{(option.IsList ? "[]" : "")} "
                        + $"{option.Name}{(option.IsList ? " = []" : TypeOf(option.Kind) == "string" ? " = \"\"" : "")};");
            writer.Line();
            using (writer.Block($"public static Settings Read({RuntimeNames.CheckpointReader} reader)"))
                Read(writer, plan);
        }

        writer.Line();
    }

    private static void Read(CodeWriter writer, ProgramPlan plan)
    {
        var (module, load) = (plan.Module, plan.Load);
        writer.Line("var config = reader.Config;");
        foreach (var expectation in module.Expectations.Where(static expectation => expectation.Values.Count > 0))
            writer.Line(
                $"{RuntimeNames.Binding}.Expect(config, {CSharp.Text(expectation.Path)}, "
                    + $"{string.Join(", ", expectation.Values.Select(CSharp.Text))});");
        var ignored = module.Expectations.Where(static expectation => expectation.Values.Count == 0)
            .Select(static setting => CSharp.Text(setting.Path)).ToList();
        if (ignored.Count > 0)
            writer.Line($"config.Ignore({string.Join(", ", ignored)});");
        writer.Line("var s = new Settings();");
        foreach (var option in module.Options.Where(static option => option is { IsList: false, Kind: not OptionKind.Rotary }))
        {
            writer.Line(option.Kind == OptionKind.Enum
                ? $"s.{option.Name} = {RuntimeNames.Binding}.Choice(config, {CSharp.Text(option.Path)}, "
                    + $"{(option.Default is null ? "null" : CSharp.Text(option.Default))}, {Choices(option)});"
                : option.Kind == OptionKind.Text
                ? $"s.{option.Name} = config.Text({CSharp.Text(option.Path)}{Fallback(option)});"
                : $"s.{option.Name} = {RuntimeNames.Binding}.{option.Kind}(config, {CSharp.Text(option.Path)}{Fallback(option)});");
        }

        foreach (var dim in module.Dims)
            writer.Line(
                $"s.{dim.Name} = {RuntimeNames.Binding}.Dim(config, "
                    + $"{CSharp.Text(dim.Path!)}{(dim.Default is null ? "" : $", () => {Default(module, dim.Default)}")});");

        // Lists have a value for each layer. What is checked before them bounds the number of layers, and the indices.
        foreach (var size in load.Sizes.Where(static check => !ReadsLists(check.Conditions)))
            SizeCheck(writer, module, size);
        foreach (var (left, right) in load.Divisions)
            writer.Line(Quotient(left, right) + ";");
        Stacks(writer, plan);
        foreach (var number in load.Numbers.Where(static check => !ReadsLists(check)))
            NumberCheck(writer, module, number);
        foreach (var list in load.Lists)
            List(writer, list);
        foreach (var size in load.Sizes.Where(static check => ReadsLists(check.Conditions)))
            SizeCheck(writer, module, size);
        foreach (var number in load.Numbers.Where(ReadsLists))
            NumberCheck(writer, module, number);
        foreach (var slice in load.Slices)
            Slice(writer, slice);
        writer.Line("return s;");
    }

    private static bool ReadsLists(NumberCheck check) => ReadsLists(check.Conditions) || ReadsLists(check.Value);

    private static bool ReadsLists(IReadOnlyList<(ScalarExpression Condition, bool Value)> conditions) =>
        conditions.Any(static condition => ReadsLists(condition.Condition));

    private static bool ReadsLists(ScalarExpression expression) =>
        expression.Walk().Any(static part => part is ScalarExpression.ItemOf or ScalarExpression.TextIs { Index: not null });

    private static void SizeCheck(CodeWriter writer, Module module, SizeCheck check) =>
        writer.Line(If(check.Conditions) + SizeCall(module, check.Value, check.IsExtent) + ";");

    private static string SizeCall(Module module, Size size, bool isExtent) =>
        $"{RuntimeNames.Binding}.Size(config, () => checked({CSharp.LongSize(size)}), {(isExtent ? "true" : "false")}, "
            + $"{CSharp.Text(Excerpt(CSharp.Trim(size.ToString())))}{Symbols(module, size.Symbols)})";

    private static void NumberCheck(CodeWriter writer, Module module, NumberCheck check)
    {
        var value = CSharp.Trim(check.IsWhole ? HostText.Integer(check.Value) : HostText.Number(check.Value));
        var (layer, layers) = check.Layers is null ? ("_", "1") : ("layer", CSharp.Size(check.Layers));
        var names = check.Value.Walk().SelectMany(part => part switch
        {
            ScalarExpression.Extent extent => extent.Value.Symbols,
            ScalarExpression.Symbol symbol
                when module.Options.Any(option => option.Name == symbol.Name && option.Kind == OptionKind.Float) => [symbol.Name],
            _ => Enumerable.Empty<string>(),
        });
        writer.Line(
            $"{If(check.Conditions)}{RuntimeNames.Binding}.Number(config, {layer} => {value}, {layers}, {(check.IsDivisor ? "true" : "false")}, "
            + $"{CSharp.Text(DescribeNumber(value))}{Symbols(module, names.Distinct())});");
    }

    // As the author wrote it: names without the objects that hold them, and without conversions.
    private static string DescribeNumber(string value) =>
        Excerpt(value.Replace("(float)", "").Replace("(int)", "").Replace(RuntimeNames.Cpu + "Functions.", "").Replace("s.", ""));

    // The beginning of a long expression is enough for a message, and a string is one line of the code.
    private static string Excerpt(string text) => text.Length <= LongestExcerpt ? text : text.Substring(0, LongestExcerpt - 3) + "...";

    /// <summary>Arguments with the name, the path and the value of each symbol, for a message.</summary>
    private static string Symbols(Module module, IEnumerable<string> names) => string.Concat(names.Select(name =>
    {
        var path = module.Dims.FirstOrDefault(dim => dim.Name == name)?.Path ?? module.Options.FirstOrDefault(option => option.Name == name)?.Path;
        return $", ({CSharp.Text(path is null ? name : $"{name} ('{path.Replace("|", "' or '")}')")}, s.{name})";
    }));

    // A stack with more layers than the files have tensors is refused before anything of its size is allocated.
    private static void Stacks(CodeWriter writer, ProgramPlan plan)
    {
        foreach (var stack in plan.Load.Tensors.Where(static tensor => tensor.Layers is not null && tensor.Weight.TiedTo is null)
            .GroupBy(static tensor => tensor.Layers!))
        {
            var weights = stack.Select(static tensor => tensor.Weight).ToList();
            foreach (var when in weights.Any(static weight => weight.When is null) ? [null] : weights.Select(static weight => weight.When).Distinct())
            {
                writer.Line(
                    $"{(when is null ? "" : $"if (s.{when}) ")}reader.RequireLayers({CSharp.Size(stack.Key)}, "
                        + $"{CSharp.Text(stack.Key.ToString())}{Symbols(plan.Module, stack.Key.Symbols)});");
            }
        }

        // Other stacks could have any number of layers.
        var withTensors = plan.Load.Tensors.Where(static tensor => tensor.Weight is { TiedTo: null, When: null })
            .Select(static tensor => tensor.Layers);
        var counts = plan.Module.Functions.SelectMany(static function => function.Nodes).Where(static node => node.Op == "loop")
            .Select(static node => node.SizeOf("count"));
        foreach (var count in counts.Where(static count => count.Value is null).Distinct().Except(withTensors.OfType<Size>()))
        {
            writer.Line(
                $"{RuntimeNames.Binding}.Layers(config, {CSharp.Size(count)}, {CSharp.Text(count.ToString())}"
                    + $"{Symbols(plan.Module, count.Symbols)});");
        }
    }

    private static string If(IReadOnlyList<(ScalarExpression Condition, bool Value)> conditions)
    {
        var texts = conditions.Select(static condition => (condition.Value ? "" : "!") + HostText.Condition(condition.Condition));
        return conditions.Count == 0 ? "" : $"if ({string.Join(" && ", texts)}) ";
    }

    // A list must have every value that the program reads. The default of a list that the config does not have is repeated as often.
    private static void List(CodeWriter writer, ListUse list)
    {
        var option = list.Option;
        var needed = "0";
        foreach (var (count, index) in list.Reads)
        {
            var dependsOnLayer = index.Walk().Any(static part => part is ScalarExpression.Input);
            var last = index is ScalarExpression.Input
                ? CSharp.Size(count)
                : $"{RuntimeNames.Binding}.Needed({(dependsOnLayer ? CSharp.Size(count) : "1")}, layer => {CSharp.Trim(HostText.Integer(index))})";
            needed = needed == "0" ? last : $"int.Max({needed}, {last})";
        }

        writer.Line(option.Kind == OptionKind.Enum
            ? $"s.{option.Name} = {RuntimeNames.Binding}.Choices(config, {CSharp.Text(option.Path)}, {needed}, "
                + $"{(option.Default is null ? "null" : CSharp.Text(option.Default))}, {Choices(option)});"
            : $"s.{option.Name} = config.{option.Kind}s({CSharp.Text(option.Path)}, {needed}{Fallback(option)});");
    }

    private static void Slice(CodeWriter writer, SliceCheck slice)
    {
        writer.Line(
            $"{If(slice.Conditions)}{RuntimeNames.Binding}.Slice(config, {CSharp.Size(slice.Begin)}, {CSharp.Size(slice.Count)}, "
                + $"{CSharp.Size(slice.Whole)}, {CSharp.Text($"{slice.Count} from {slice.Begin} on")}, {CSharp.Text(slice.Whole.ToString())});");
    }

    private static string Choices(OptionInfo option) =>
        string.Join(", ",
            option.Choices.Select(static choice => $"[{string.Join(", ", choice.Spellings.Prepend(choice.Name).Select(CSharp.Text))}]"));

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

    /// <summary>A default. If it divides by a dim, as in <c>Hidden / Heads</c>, all of it is shared out, and a remainder is an error.</summary>
    private static string Default(Module module, Size size)
    {
        if (size.Divisions.ToList() is [var (left, right)] && right.Value is null && size == left / right)
            return $"{RuntimeNames.Binding}.Quotient(config, {Checked(left)}, {Checked(right)}, {CSharp.Text($"{left} / {right}")})";
        return Checked(size);

        string Checked(Size part) =>
            ValueChecks.NeedsCheck(module, part, isExtent: true) ? SizeCall(module, part, isExtent: true) : CSharp.Size(part);
    }

    private static string Quotient(Size left, Size right) =>
        $"{RuntimeNames.Binding}.Quotient(config, {CSharp.Size(left)}, {CSharp.Size(right)}, {CSharp.Text($"{left} / {right}")})";
}
