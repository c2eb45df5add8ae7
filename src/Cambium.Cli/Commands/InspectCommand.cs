using System.CommandLine;
using System.Globalization;
using Cambium.Checkpoints;
using Cambium.Models;
using Cambium.Text;
using Cambium.Text.Templates;
using Spectre.Console;

namespace Cambium.Cli.Commands;

/// <summary><c>cambium inspect</c>: prints what a checkpoint holds, from the headers of its files.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        var checkpoint = CheckpointArgument.Create();
        var tensors = new Option<bool>("--tensors") { Description = "Lists every tensor with its dtype, shape and size." };
        const string description =
            "Prints the settings, tensors and tokenizer of a checkpoint, or the header of a learned prefix. No weight is read.";
        var command = new Command("inspect", description) { checkpoint, tensors };
        command.SetAction(parsed => PrefixInspection.IsAt(parsed.GetRequiredValue(checkpoint))
            ? PrefixInspection.Run(parsed.GetRequiredValue(checkpoint), terminal)
            : Run(parsed.GetRequiredValue(checkpoint), parsed.GetValue(tensors), terminal));
        return command;
    }

    private static int Run(string path, bool listsTensors, Terminal terminal)
    {
        var contents = Zoo.Inspect(path);
        var facts = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(4)).AddColumn();
        foreach (var (name, value) in Facts(path, contents))
            facts.AddRow(name, Markup.Escape(value));
        terminal.OutConsole().Write(facts);

        terminal.Out.WriteLine();
        var settings = new Table().Border(TableBorder.Simple).AddColumn("setting").AddColumn("value");
        foreach (var (name, value) in contents.Config.All())
            settings.AddRow(Markup.Escape(name), Markup.Escape(value));
        terminal.OutConsole().Write(settings);
        if (listsTensors)
            terminal.OutConsole().Write(Tensors(contents.Tensors));
        return ExitCode.Success;
    }

    private static IEnumerable<(string Name, string Value)> Facts(string path, CheckpointContents contents)
    {
        var architectures = contents.Config.Architectures;
        yield return ("checkpoint", contents.Path);
        yield return ("architecture", architectures.Count == 0 ? "not stated" : string.Join(", ", architectures));
        yield return ("supported", architectures.Any(Zoo.Architectures.Contains)
            ? "yes, by a class of Cambium.Models"
            : $"no; Cambium.Models has {string.Join(", ", Zoo.Architectures)}");
        var parameters = contents.Tensors.Sum(static tensor => tensor.Elements);
        yield return ("parameters", string.Create(CultureInfo.InvariantCulture, $"{parameters:N0} in {contents.Tensors.Count} tensors"));
        yield return ("stored as", string.Join(", ", contents.Tensors.GroupBy(static tensor => tensor.TypeName)
            .OrderByDescending(static type => type.Sum(static tensor => tensor.Bytes))
            .Select(static type => $"{type.Key} ({ByteText.Of(type.Sum(static tensor => tensor.Bytes))})")));
        yield return ("in memory",
            $"f32 {ByteText.Of(4 * parameters)}, bf16 {ByteText.Of(2 * parameters)}, int8 {ByteText.Of(parameters * 9 / 8)}, "
                + $"int4 {ByteText.Of(parameters * 5 / 8)}");
        yield return ("tokenizer", TokenizerText(path, contents));
        yield return ("chat template", TemplateText(path));
    }

    // A tokenizer that cannot be read must not hide the rest.
    private static string TokenizerText(string path, CheckpointContents contents)
    {
        try
        {
            if (Tokenizer.TryLoad(path) is not { } tokenizer)
                return "none: the model runs on token ids";
            string Name(int id) => tokenizer.TokenOf(id) is { } token ? $"{token} ({id})" : $"{id}";
            var eos = contents.Generation.EosTokens.Select(Name).DefaultIfEmpty("none");
            var bos = contents.Generation.BosToken is { } first ? Name(first) : "none";
            return $"{tokenizer.VocabularySize} tokens, BOS {bos}, EOS {string.Join(", ", eos)}";
        }
        catch (CheckpointException error)
        {
            return $"cannot be used: {error.Message}";
        }
    }

    private static string TemplateText(string path)
    {
        try
        {
            return ChatTemplate.TryLoad(path) is null ? "none" : "yes";
        }
        catch (Exception error) when (error is CheckpointException or ChatTemplateException)
        {
            return $"cannot be used: {error.Message}";
        }
    }

    private static Table Tensors(IReadOnlyList<TensorInfo> tensors)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("tensor").AddColumn("dtype").AddColumn("shape");
        table.AddColumn(new TableColumn("bytes").RightAligned());
        foreach (var tensor in tensors)
        {
            table.AddRow(
                Markup.Escape(tensor.Name), Markup.Escape(tensor.TypeName), Markup.Escape(tensor.ShapeText),
                tensor.Bytes.ToString("N0", CultureInfo.InvariantCulture));
        }

        return table;
    }
}
