using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Prefixes;

/// <summary>
/// Cambium's own format of a prefix: one safetensors file. Its metadata says what the file is (<c>cambium_prefix</c>: the version of the format,
/// <c>method</c>, <c>base</c>: fingerprint of the checkpoint, <c>parts</c>: attribute, value, kind and positions of each part). Its tensors are named
/// <c>part.{index}.{what}.{site}</c>.
/// </summary>
public static class PrefixFile
{
    private const string Version = "1";
    private const string VersionKey = "cambium_prefix";
    private const int MostParts = 65536;

    // The numbers of a part, as tensors of each site.
    private const string Keys = "keys";
    private const string Values = "values";
    private const string Gates = "gates";
    private const string Z = "z";
    private const string K = "k";
    private const string Rows = "rows";

    /// <summary>Writes a prefix: whole or not at all.</summary>
    /// <param name="prefix">Of parts with contents or embeddings.</param>
    /// <param name="path">A file, which is replaced, or a path where no file is.</param>
    /// <exception cref="NotSupportedException">A part is of a kind that only a model can hold.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(Prefix prefix, string path)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var writer = new SafetensorsWriter();
        var parts = new JsonArray();
        foreach (var part in prefix.Parts)
            Add(writer, parts, null, null, part);
        foreach (var attribute in prefix.Attributes)
        {
            foreach (var value in attribute.Values)
            {
                foreach (var part in value.Parts)
                    Add(writer, parts, attribute.Name, value.Name, part);
            }
        }

        writer.Metadata[VersionKey] = Version;
        writer.Metadata["method"] = prefix.Method;
        if (prefix.BaseDigest is { } digest)
            writer.Metadata["base"] = digest;
        writer.Metadata["parts"] = parts.ToJsonString();
        writer.Save(path);
    }

    /// <summary>The metadata of a prefix, without its numbers.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or is not a prefix.</exception>
    public static PrefixHeader ReadHeader(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return Header(file);
    }

    /// <summary>Reads a prefix for a model.</summary>
    internal static Prefix Read(string path, ModelGeometry model)
    {
        using var file = SafetensorsFile.Open(path);
        var header = Header(file);
        var parts = header.Parts.Select((part, index) => (Header: part, Part: Part(file, part, index, model))).ToList();
        return new Prefix
        {
            Name = Path.GetFileNameWithoutExtension(path),
            Method = header.Method,
            BaseDigest = header.BaseDigest,
            Parts = [.. parts.Where(static part => part.Header.Attribute is null).Select(static part => part.Part)],
            Attributes = [.. parts.Where(static part => part.Header.Attribute is not null).GroupBy(static part => part.Header.Attribute!)
                .Select(static attribute => new PrefixAttribute(attribute.Key, [.. attribute.GroupBy(static part => part.Header.Value!)
                    .Select(static value => new PrefixAttributeValue(value.Key, [.. value.Select(static part => part.Part)]))]))],
        };
    }

    private static void Add(SafetensorsWriter writer, JsonArray parts, string? attribute, string? value, PrefixPart part)
    {
        var index = parts.Count;
        var (kind, positions) = part switch
        {
            PrefixPart.Content { Data: SideData } => ("side", false),
            PrefixPart.Content { Data: RowData, HasPositions: var hasPositions } => ("rows", hasPositions),
            PrefixPart.Content { Data: StateData } => ("state", false),
            PrefixPart.Embeddings => ("embeddings", true),
            _ => throw new NotSupportedException($"A part of type {part.GetType().Name} cannot be saved; load it, and save what was loaded."),
        };
        parts.Add((JsonNode)new JsonObject { ["attribute"] = attribute, ["value"] = value, ["kind"] = kind, ["positions"] = positions });
        if (part is PrefixPart.Embeddings given)
        {
            writer.Add(Name(index, Rows), [given.Count, given.Rows.Length / given.Count], given.Rows.ToArray());
            return;
        }

        var data = ((PrefixPart.Content)part).Data;
        for (var site = 0; site < data.Sites.Count; site++)
        {
            var at = data.Sites[site];
            if (data is RowData rows)
            {
                writer.Add(Name(index, Keys, site), [at.Layers, at.KvHeads, rows.Rows, at.KeySize], rows.KeysOf(site));
                writer.Add(Name(index, Values, site), [at.Layers, at.KvHeads, rows.Rows, at.ValueSize], rows.ValuesOf(site));
            }

            if (data is SideData side)
                writer.Add(Name(index, Gates, site), [at.Layers, at.QueryHeads], side.GatesOf(site));
            if (data is StateData state)
            {
                writer.Add(Name(index, Z, site), [at.Layers, at.QueryHeads, at.KeySize, at.ValueSize], state.ZOf(site));
                writer.Add(Name(index, K, site), [at.Layers, at.QueryHeads, at.KeySize], state.KOf(site));
            }
        }
    }

    private static PrefixPart Part(SafetensorsFile file, PrefixPartHeader header, int index, ModelGeometry model)
    {
        switch (header.Kind)
        {
            case "embeddings":
                var tensor = file.Require(Name(index, Rows));
                if (tensor.Shape is not [>= 1 and <= int.MaxValue, _])
                    throw Shape(file, tensor, $"[rows, {model.Width}]");
                return new PrefixPart.Embeddings(Floats(file, tensor.Name, [tensor.Shape[0], model.Width]), (int)tensor.Shape[0]);
            case "state":
                var state = new StateData(model.Sites);
                for (var site = 0; site < model.Sites.Count; site++)
                {
                    var at = model.Sites[site];
                    Floats(file, Name(index, Z, site), [at.Layers, at.QueryHeads, at.KeySize, at.ValueSize]).CopyTo(state.ZOf(site), 0);
                    Floats(file, Name(index, K, site), [at.Layers, at.QueryHeads, at.KeySize]).CopyTo(state.KOf(site), 0);
                }

                return new PrefixPart.Content(state, HasPositions: false);
            default:
                return RowsOf(file, header, index, model);
        }
    }

    private static PrefixPart.Content RowsOf(SafetensorsFile file, PrefixPartHeader header, int index, ModelGeometry model)
    {
        var first = model.Sites.Count > 0 ? file.Require(Name(index, Keys, 0)) : throw new CheckpointException(
            file.Path, null, $"has keys and values, and {model.ModelName} has no attention that caches them", "Use the model it was trained for.");
        // The numbers are in the file, so that a wrong shape cannot ask for more memory than the file has.
        if (first.Shape is not [_, _, >= 1 and <= int.MaxValue, _])
            throw Shape(file, first, "[layers, heads, rows, size]");
        var rows = (int)first.Shape[2];
        for (var site = 0; site < model.Sites.Count; site++)
        {
            var at = model.Sites[site];
            RequireShape(file, Name(index, Keys, site), [at.Layers, at.KvHeads, rows, at.KeySize]);
            RequireShape(file, Name(index, Values, site), [at.Layers, at.KvHeads, rows, at.ValueSize]);
        }

        var data = header.Kind == "side" ? new SideData(model.Sites, rows) : new RowData(model.Sites, rows);
        for (var site = 0; site < model.Sites.Count; site++)
        {
            var at = model.Sites[site];
            Floats(file, Name(index, Keys, site), [at.Layers, at.KvHeads, rows, at.KeySize]).CopyTo(data.KeysOf(site), 0);
            Floats(file, Name(index, Values, site), [at.Layers, at.KvHeads, rows, at.ValueSize]).CopyTo(data.ValuesOf(site), 0);
            if (data is SideData side)
                Floats(file, Name(index, Gates, site), [at.Layers, at.QueryHeads]).CopyTo(side.GatesOf(site), 0);
        }

        return new PrefixPart.Content(data, header.HasPositions);
    }

    private static PrefixHeader Header(SafetensorsFile file)
    {
        if (!file.Metadata.TryGetValue(VersionKey, out var version))
        {
            throw new CheckpointException(
                file.Path, null, $"has no '{VersionKey}' in its metadata, so that it is not a prefix of Cambium",
                "For an adapter of PEFT give its folder.");
        }

        if (version != Version)
            throw new CheckpointException(file.Path, VersionKey, $"is {version}, expected {Version}", "Use the version of Cambium that wrote it.");
        return new PrefixHeader(
            file.Metadata.TryGetValue("method", out var method) ? method : throw Missing(file, "method"),
            file.Metadata.GetValueOrDefault("base"),
            Parts(file),
            [.. file.Tensors.OrderBy(static tensor => tensor.Name, StringComparer.Ordinal)
                .Select(static tensor => $"{tensor.Name} {tensor.TypeName} {tensor.ShapeText}")]);
    }

    private static List<PrefixPartHeader> Parts(SafetensorsFile file)
    {
        var text = file.Metadata.TryGetValue("parts", out var found) ? found : throw Missing(file, "parts");
        try
        {
            using var document = JsonDocument.Parse(text);
            var parts = document.RootElement.EnumerateArray().Select(static part => new PrefixPartHeader(
                part.GetProperty("attribute").GetString(),
                part.GetProperty("value").GetString(),
                part.GetProperty("kind").GetString() ?? "",
                part.GetProperty("positions").GetBoolean())).ToList();
            if (parts.Count is < 1 or > MostParts)
                throw new CheckpointException(file.Path, "parts", $"has {parts.Count} parts, expected 1 to {MostParts}", "Write the file again.");
            foreach (var part in parts)
            {
                if (part.Attribute is null != part.Value is null)
                {
                    throw new CheckpointException(
                        file.Path, "parts", $"has a part of the attribute '{part.Attribute}' and the value '{part.Value}'", "Write the file again.");
                }

                if (part.Kind is not ("rows" or "side" or "state" or "embeddings"))
                {
                    throw new CheckpointException(
                        file.Path, "parts", $"has a part of kind '{part.Kind}', expected rows, side, state or embeddings",
                        "Use the version of Cambium that wrote it.");
                }
            }

            return parts;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CheckpointException(
                file.Path, "parts", $"is not the list of its parts ({error.Message.TrimEnd('.')})", "The file is damaged; write it again.", error);
        }
    }

    private static float[] Floats(SafetensorsFile file, string name, ReadOnlySpan<long> shape)
    {
        RequireShape(file, name, shape);
        var numbers = file.ReadFloats(name);
        return Array.TrueForAll(numbers, float.IsFinite)
            ? numbers
            : throw new CheckpointException(file.Path, name, "has NaN or infinity", "The file is damaged or its training diverged; train it again.");
    }

    private static void RequireShape(SafetensorsFile file, string name, ReadOnlySpan<long> shape)
    {
        var tensor = file.Require(name);
        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
            throw Shape(file, tensor, $"[{string.Join(", ", shape.ToArray())}]");
    }

    private static CheckpointException Shape(SafetensorsFile file, TensorInfo tensor, string expected) => new(
        file.Path, tensor.Name, $"has shape {tensor.ShapeText}, and the model needs {expected}", "Use the model that the prefix was trained for.");

    private static CheckpointException Missing(SafetensorsFile file, string key) =>
        new(file.Path, key, "is missing in the metadata", "The file is damaged; write it again.");

    private static string Name(int part, string what, int site) => string.Create(CultureInfo.InvariantCulture, $"part.{part}.{what}.{site}");

    private static string Name(int part, string what) => string.Create(CultureInfo.InvariantCulture, $"part.{part}.{what}");
}

/// <summary>What the file of a prefix says about itself.</summary>
/// <param name="Method">How it was trained.</param>
/// <param name="BaseDigest">Fingerprint of the checkpoint that it was trained for; null if it does not say.</param>
/// <param name="Parts">Its parts, in the order of the path.</param>
/// <param name="Tensors">Name, dtype and shape of each tensor.</param>
public sealed record PrefixHeader(string Method, string? BaseDigest, IReadOnlyList<PrefixPartHeader> Parts, IReadOnlyList<string> Tensors);

/// <summary>A part of a file.</summary>
/// <param name="Attribute">The attribute that it belongs to; null for a part of every request.</param>
/// <param name="Value">The value of the attribute.</param>
/// <param name="Kind">rows, side, state or embeddings.</param>
/// <param name="HasPositions">Whether its keys take positions.</param>
public sealed record PrefixPartHeader(string? Attribute, string? Value, string Kind, bool HasPositions);
