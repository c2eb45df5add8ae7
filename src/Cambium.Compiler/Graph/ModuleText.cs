using System.Globalization;
using System.Text;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Graph;

/// <summary>
/// Writes a module as text, for tests of passes and for reports. README.md in this folder has the grammar.
/// Values are numbered in the order of printing, so equal graphs have equal texts for any value ids.
/// Origins are left out: they are not part of the meaning of a graph.
/// </summary>
public static class ModuleText
{
    public static string Print(Module module)
    {
        var text = new StringBuilder();
        text.Append("module ").Append(GraphText.Name(module.Name)).Append('\n');
        foreach (var dim in module.Dims)
            text.Append(Print(dim)).Append('\n');
        foreach (var option in module.Options)
            text.Append(Print(option)).Append('\n');
        foreach (var weight in module.Weights)
            text.Append(Print(weight)).Append('\n');
        foreach (var entry in module.Entries)
        {
            if (module.Entries.Count > 1 || entry != EntryInfo.Of(module.Main))
                text.Append(Print(entry)).Append('\n');
        }

        foreach (var function in module.Functions)
            text.Append('\n').Append(Print(function));
        return text.ToString();
    }

    public static string Print(Function function)
    {
        var names = NamesOf(function);
        var text = new StringBuilder("func ").Append(GraphText.Name(function.Name)).Append('(');
        text.Append(string.Join(", ", function.Parameters.Select(value => Declare(function, names, value)))).Append(')');
        if (function.Returns.Count > 0)
            text.Append(" -> ").Append(string.Join(", ", function.Returns.Select(value => Use(names, value))));
        text.Append(" {\n");
        foreach (var node in function.Nodes)
            text.Append("  ").Append(Print(function, names, node)).Append('\n');
        return text.Append("}\n").ToString();
    }

    /// <summary>One node, as it is printed in its function.</summary>
    public static string Print(Function function, Node node) => Print(function, NamesOf(function), node);

    internal static string Print(DimInfo dim) => "dim " + GraphText.Name(dim.Name) + (dim.Path, dim.Default) switch
    {
        (null, null) => "",
        (null, { } value) => $" = {value}",
        ({ } path, null) => $" = {GraphText.Quote(path)}",
        ({ } path, { } value) => $" = {GraphText.Quote(path)} default {value}",
    };

    internal static string Print(OptionInfo option)
    {
        var kind = (option.IsList ? "list " : "") + option.Kind.ToString().ToLowerInvariant();
        var text = $"option {kind} {GraphText.Name(option.Name)} = {GraphText.Quote(option.Path)}";
        text += option.Default is not { } value ? ""
            : value.Length > 0 && value.All(GraphText.IsWordPart) ? $" default {value}"
            : $" default {GraphText.Quote(value)}";
        return option.Choices.Count == 0 ? text : $"{text} of {string.Join(", ", option.Choices.Select(Print))}";
    }

    private static string Print(ChoiceSpec choice) =>
        $"{GraphText.Quote(choice.Name)} ({string.Join(" ", choice.Spellings.Select(GraphText.Quote))})";

    internal static string Print(EntryInfo entry)
    {
        var results = entry.Results is [EntryInfo.Logits] ? "" : $" -> ({string.Join(", ", entry.Results.Select(GraphText.Name))})";
        return $"entry {GraphText.Name(entry.Function)} = {GraphText.Name(entry.Method)}"
            + $"({string.Join(", ", entry.Inputs.Select(GraphText.Name))}){results} rows {entry.Rows}";
    }

    internal static string Print(WeightInfo weight)
    {
        var text = new StringBuilder($"weight {GraphText.Name(weight.Name)} {GraphText.Quote(weight.Path)} [{string.Join(", ", weight.Shape)}]");
        if (weight.IsComputed)
            text.Append(" computed");
        if (weight.IsTransposed)
            text.Append(" transposed");
        var rows = new[] { weight.Begin, weight.WholeRows, weight.GroupRows, weight.RowStride }.Where(static size => size is not null);
        if (weight.Begin is not null)
            text.Append($" rows [{string.Join(", ", rows)}]");
        if (weight.When is not null)
            text.Append(" when ").Append(GraphText.Name(weight.When));
        if (weight.TiedTo is not null)
            text.Append(" tied ").Append(GraphText.Name(weight.TiedTo));
        if (weight.TiedWhen is not null)
            text.Append(" when-config ").Append(GraphText.Quote(weight.TiedWhen));
        return text.ToString();
    }

    private static string Print(Function function, Dictionary<int, int> names, Node node)
    {
        var text = new StringBuilder(string.Join(", ", node.Results.Select(value => Declare(function, names, value))));
        if (node.Results.Count > 0)
            text.Append(" = ");
        text.Append(GraphText.Name(node.Op));
        if (node.Operands.Count > 0)
            text.Append('(').Append(string.Join(", ", node.Operands.Select(value => Use(names, value)))).Append(')');
        if (node.Attributes.Count > 0)
            text.Append(" {").Append(string.Join(", ", node.Attributes.Select(Print))).Append('}');
        return text.ToString();
    }

    private static string Print(NodeAttribute attribute) =>
        GraphText.Name(attribute.Name) + (attribute.Value is ScoreValue ? " => " : "=") + attribute.Value;

    private static Dictionary<int, int> NamesOf(Function function)
    {
        var names = new Dictionary<int, int>();
        foreach (var value in function.Parameters.Concat(function.Nodes.SelectMany(static node => node.Results)))
        {
            if (!names.ContainsKey(value))
                names.Add(value, names.Count);
        }

        return names;
    }

    // Errors quote invalid functions, so these print too: an undefined value is %?id, a missing type is ?.
    private static string Use(Dictionary<int, int> names, int value) =>
        names.TryGetValue(value, out var number)
            ? "%" + number.ToString(CultureInfo.InvariantCulture)
            : "%?" + value.ToString(CultureInfo.InvariantCulture);

    private static string Declare(Function function, Dictionary<int, int> names, int value) =>
        $"{Use(names, value)}: {(function.Types.TryGetValue(value, out var type) ? type.ToString() : "?")}";
}
