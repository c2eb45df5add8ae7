using System.Globalization;
using System.Text.Json;
using Cambium.Checkpoints;
using Cambium.Runtime.Prefixes;
using Spectre.Console;

namespace Cambium.Cli.Commands;

/// <summary>What <c>cambium inspect</c> prints of a learned prefix: the header of its file, or the configuration of PEFT.</summary>
internal static class PrefixInspection
{
    private const string PeftConfig = "adapter_config.json";

    /// <summary>Whether a path is a prefix: a folder of PEFT, or a safetensors file.</summary>
    public static bool IsAt(string path) =>
        File.Exists(Path.Combine(path, PeftConfig)) || (File.Exists(path) && path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase));

    public static int Run(string path, Terminal terminal)
    {
        var facts = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(4)).AddColumn();
        foreach (var (name, value) in Directory.Exists(path) ? OfPeft(path) : OfFile(path))
            facts.AddRow(name, Markup.Escape(value));
        terminal.OutConsole().Write(facts);
        return ExitCode.Success;
    }

    private static IEnumerable<(string Name, string Value)> OfFile(string path)
    {
        var header = PrefixFile.ReadHeader(path);
        yield return ("prefix", path);
        yield return ("method", header.Method);
        yield return ("base model", header.BaseDigest ?? "not stated");
        var common = header.Parts.Where(static part => part.Attribute is null).Select(Text).DefaultIfEmpty("none");
        yield return ("common parts", string.Join(", ", common));
        foreach (var attribute in header.Parts.Where(static part => part.Attribute is not null).GroupBy(static part => part.Attribute))
            yield return ($"attribute {attribute.Key}", string.Join("; ", attribute.Select(static part => $"{part.Value}: {Text(part)}")));
        foreach (var tensor in header.Tensors)
            yield return ("tensor", tensor);
    }

    private static IEnumerable<(string Name, string Value)> OfPeft(string path)
    {
        yield return ("prefix", path);
        yield return ("format", "PEFT");
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(path, PeftConfig)));
        foreach (var setting in config.RootElement.EnumerateObject().OrderBy(static setting => setting.Name, StringComparer.Ordinal))
            yield return (setting.Name, setting.Value.ToString());
        var weights = Path.Combine(path, "adapter_model.safetensors");
        if (!File.Exists(weights))
        {
            yield return ("weights", "adapter_model.safetensors does not exist");
            yield break;
        }

        using var file = SafetensorsFile.Open(weights);
        foreach (var tensor in file.Tensors)
            yield return ("tensor", string.Create(CultureInfo.InvariantCulture, $"{tensor.Name} {tensor.TypeName} {tensor.ShapeText}"));
    }

    private static string Text(PrefixPartHeader part) => part.HasPositions ? $"{part.Kind} at positions" : part.Kind;
}
