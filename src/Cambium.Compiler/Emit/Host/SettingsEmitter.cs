using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Host;

/// <summary>Prints the settings that a program reads from <c>config.json</c>, with the checks of their values.</summary>
internal static class SettingsEmitter
{
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
            using (writer.Block($"public static Settings Read({RuntimeNames.ModelConfig} config)"))
                Read(writer, plan);
        }

        writer.Line();
    }

    private static void Read(CodeWriter writer, ProgramPlan plan)
    {
        var module = plan.Module;
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
                $"s.{dim.Name} = "
                    + $"{RuntimeNames.Binding}.Dim(config, {CSharp.Text(dim.Path!)}{(dim.Default is null ? "" : $", () => {Exact(dim.Default)}")});");
        foreach (var (left, right) in plan.Load.Divisions)
            writer.Line(Quotient(left, right) + ";");
        foreach (var list in plan.Load.Lists)
            List(writer, list);
        foreach (var slice in plan.Load.Slices)
            Slice(writer, slice);
        writer.Line("return s;");
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
        var conditions = slice.Conditions.Select(static condition => (condition.Value ? "" : "!") + HostText.Condition(condition.Condition)).ToList();
        var call =
            $"{RuntimeNames.Binding}.Slice(config, {CSharp.Size(slice.Begin)}, {CSharp.Size(slice.Count)}, {CSharp.Size(slice.Whole)}, "
                + $"{CSharp.Text($"{slice.Count} from {slice.Begin} on")}, {CSharp.Text(slice.Whole.ToString())});";
        writer.Line(conditions.Count == 0 ? call : $"if ({string.Join(" && ", conditions)}) {call}");
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

    /// <summary>A default. If it is a division, a remainder is an error.</summary>
    private static string Exact(Size size) =>
        size.Divisions.ToList() is [var (left, right)] && size == left / right ? Quotient(left, right) : CSharp.Size(size);

    private static string Quotient(Size left, Size right) =>
        $"{RuntimeNames.Binding}.Quotient(config, {CSharp.Size(left)}, {CSharp.Size(right)}, {CSharp.Text($"{left} / {right}")})";
}
