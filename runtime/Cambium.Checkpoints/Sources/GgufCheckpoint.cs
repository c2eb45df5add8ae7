using System.IO.Enumeration;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cambium.Checkpoints;

/// <summary>
/// A checkpoint in a GGUF file, in the form of a Hugging Face folder: metadata as fields of config.json, tensors with the names and the order of rows
/// of the folder.
/// </summary>
internal sealed unsafe class GgufCheckpoint : CheckpointSource
{
    private const string RotaryFactors = "rope_freqs.weight";
    private const int MaxPairs = 1 << 16;

    private static readonly string[] KnownScalings = ["type", "factor", "original_context_length", "finetuned"];

    // Settings that change the computation, with the value that changes nothing. A file may have another value only if the class declares the
    // setting.
    private static readonly (string Key, double Neutral)[] ChangesComputation =
    [
        ("expert_count", 0), ("attention.scale", double.NaN), ("attention.clamp_kqv", 0), ("attention.max_alibi_bias", 0), ("rope.scale_linear", 1),
        ("logit_scale", 1), ("residual_scale", 1), ("embedding_scale", 1),
        ("attn_logit_softcapping", 0), ("final_logit_softcapping", 0),
    ];

    private readonly GgufArchitecture _architecture;
    private readonly string _settings;
    private readonly GenerationConfig _generation;
    private readonly int _headSize;

    private GgufCheckpoint(GgufPieces file, IReadOnlyList<GgufArchitecture> architectures)
    {
        Path = file.Path;
        _architecture = Choose(file, architectures);
        _headSize = HeadSize(file.Metadata);
        var config = ConfigOf(file);
        _settings = config.ToJsonString();
        Config = ModelConfig.Parse(_settings, Path);
        _generation = GenerationOf(file.Metadata);
    }

    public override string Path { get; }

    public override ModelConfig Config { get; }

    /// <param name="path">The file.</param>
    /// <param name="architectures">Those that the model class declares. If two have the same name, the first one counts.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="CheckpointException">
    /// It is not a GGUF file, is damaged, is of another architecture, or has something that is not supported.
    /// </exception>
    public static new GgufCheckpoint Open(
        string path, IReadOnlyList<GgufArchitecture> architectures, CancellationToken cancellation = default)
    {
        using var file = GgufPieces.Open(path, cancellation);
        return new GgufCheckpoint(file, architectures);
    }

    public override ReadOnlySpan<byte> Settings() => Encoding.UTF8.GetBytes(_settings);

    public override GenerationConfig Generation() => _generation;

    public override CheckpointFiles OpenFiles(CancellationToken cancellation = default)
    {
        var file = GgufPieces.Open(Path, cancellation);
        try
        {
            return CheckpointFiles.Of(Path, file.Files,
                file.Tensors.Where(static tensor => tensor.Name != RotaryFactors).Select(tensor => Stored(file, tensor)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static GgufArchitecture Choose(GgufPieces file, IReadOnlyList<GgufArchitecture> architectures)
    {
        const string subject = "metadata 'general.architecture'";
        var name = file.Metadata.Text("general.architecture");
        var found = name is null ? "absent" : $"'{name}'";
        if (architectures.Count == 0)
        {
            throw new CheckpointException(
                file.Path, subject, $"is {found}, and the model class declares no GGUF architecture",
                "Implement DeclareGguf in the class with the names that the file has, or take the model's Hugging Face checkpoint.");
        }

        return architectures.FirstOrDefault(one => one.Name == name)
            ?? throw new CheckpointException(
                file.Path, subject, $"is {found}, expected one of {string.Join(", ", architectures.Select(static one => one.Name).Distinct())}",
                "Write a class that declares this architecture in DeclareGguf, or take the model's Hugging Face checkpoint and a class for it.");
    }

    private (string Name, StoredTensor Tensor) Stored(GgufPieces file, TensorInfo tensor)
    {
        var name = _architecture.NameOf(tensor.Name) ?? tensor.Name;
        var isInterleaved = _architecture.IsInterleaved(tensor.Name);
        if (isInterleaved && (_headSize < 2 || _headSize % 2 != 0 || tensor.Shape[0] % _headSize != 0))
        {
            throw new CheckpointException(
                Path, $"tensor '{tensor.Name}'", $"has {tensor.Shape[0]} rows, expected heads of {_headSize}",
                "Metadata and tensors contradict each other; convert the checkpoint again.");
        }

        // Interleaved rows are put in order as a whole, so a block must not hold several of them. A vector has rows of one element.
        if (isInterleaved && tensor.Elements / tensor.Shape[0] % tensor.Type.Block() != 0)
        {
            throw new CheckpointException(
                Path, $"tensor '{tensor.Name}'", $"is a vector stored as {tensor.TypeName}, expected F32, F16 or BF16",
                "Convert the checkpoint again.");
        }

        return (
            name, new StoredTensor(file.FileOf(tensor), tensor, isInterleaved ? _headSize : 0, tensor.Shape.Count == 2
                && _architecture.IsTransposed(tensor.Name)));
    }

    private JsonObject ConfigOf(GgufPieces file)
    {
        var (metadata, config) = (file.Metadata, new JsonObject());
        config["architectures"] = new JsonArray(_architecture.Class);
        foreach (var (key, field) in _architecture.Settings)
        {
            if (metadata.Has(Key(key)))
                config[field] = metadata.Json(Key(key));
        }

        foreach (var (field, value) in _architecture.Constants)
            config[field] = Constant(field, value);
        foreach (var field in _architecture.TensorFields)
            config[field.Field] = ValueOf(file, field);
        RequireSupported(file);
        AddRotary(file, config);
        return config;
    }

    private string Key(string setting) => $"{_architecture.Name}.{setting}";

    private JsonNode? Constant(string field, string value)
    {
        try
        {
            return JsonNode.Parse(value);
        }
        catch (JsonException error)
        {
            throw new ArgumentException(
                $"The GGUF architecture '{_architecture.Name}' declares the constant '{field}' as {value}, expected JSON; a text needs its quotes.",
                error);
        }
    }

    private JsonValue ValueOf(GgufPieces file, GgufTensorField field)
    {
        var tensor = file.Tensors.FirstOrDefault(tensor => FileSystemName.MatchesSimpleExpression(field.Tensor, tensor.Name, ignoreCase: false));
        return field.Value switch
        {
            GgufTensorValue.IsPresent => JsonValue.Create(tensor is not null),
            GgufTensorValue.IsAbsent => JsonValue.Create(tensor is null),
            _ => JsonValue.Create(tensor?.Shape[0]
                ?? throw new CheckpointException(
                    Path,
                    $"tensor '{field.Tensor}'",
                    $"is missing, expected a tensor with '{field.Field}' rows",
                    "Convert the checkpoint again.")),
        };
    }

    // A setting that is ignored would give wrong numbers.
    private void RequireSupported(GgufPieces file)
    {
        var metadata = file.Metadata;
        const string fix =
            "Declare it in the class's GGUF architecture if the class computes it, or take the model's Hugging Face checkpoint and a class for it.";
        foreach (var (key, neutral) in ChangesComputation)
        {
            if (!_architecture.Settings.ContainsKey(key) && metadata.Has(Key(key)) && metadata.Double(Key(key)) is var value && value != neutral)
                throw new CheckpointException(Path, $"metadata '{Key(key)}'", $"is {value}, and the class does not compute with it", fix);
        }

        const string other = "Take the model's Hugging Face checkpoint and a class for it.";
        if (!metadata.Bool(Key("attention.causal"), true))
            throw new CheckpointException(Path, $"metadata '{Key("attention.causal")}'", "is false, expected causal attention", other);
        if (_headSize > 0 && metadata.Int(Key("attention.value_length"), _headSize) is var values && values != _headSize)
        {
            throw new CheckpointException(
                Path, $"metadata '{Key("attention.value_length")}'", $"is {values}, expected {_headSize}, the length of keys", other);
        }

        if (file.Tensors.FirstOrDefault(tensor => tensor.Name != RotaryFactors && _architecture.NameOf(tensor.Name) is null) is { } unknown)
        {
            throw new CheckpointException(
                Path, $"tensor '{unknown.Name}'", $"is not a tensor of the architecture '{_architecture.Name}' as the class declares it", fix);
        }
    }

    private int HeadSize(GgufMetadata metadata)
    {
        if (metadata.Int(Key("attention.key_length"), 0) is > 0 and var size)
            return size;
        return metadata.Int(Key("attention.head_count"), 0) is > 0 and var heads ? metadata.Int(Key("embedding_length"), 0) / heads : 0;
    }

    private void AddRotary(GgufPieces file, JsonObject config)
    {
        var metadata = file.Metadata;
        string Rope(string name) => Key($"rope.{name}");
        if (_headSize > 0 && metadata.Int(Rope("dimension_count"), _headSize) is var rotated && rotated != _headSize)
        {
            // The converter interleaves the rotated rows only; StoredTensor undoes it for whole heads.
            if (_architecture.InterleavedRows.Count > 0)
            {
                throw new CheckpointException(
                    Path,
                    $"metadata '{Rope("dimension_count")}'",
                    $"is {rotated}, expected {_headSize}, the size of a head",
                    "Take the model's Hugging Face checkpoint.");
            }

            config["partial_rotary_factor"] = (double)rotated / _headSize;
        }

        var unknown = metadata.Keys.FirstOrDefault(
            key => key.StartsWith(Rope("scaling."), StringComparison.Ordinal) && !KnownScalings.Contains(key[Rope("scaling.").Length..]));
        if (unknown is not null)
        {
            throw new CheckpointException(
                Path, $"metadata '{unknown}'",
                $"is a setting of rotary scaling that is not supported; supported are {string.Join(", ", KnownScalings)}",
                "Take the model's Hugging Face checkpoint.");
        }

        var kind = metadata.Text(Rope("scaling.type")) ?? "none";
        if (kind is not ("none" or "linear" or "yarn"))
        {
            throw new CheckpointException(
                Path,
                $"metadata '{Rope("scaling.type")}'",
                $"is '{kind}', expected none, linear or yarn",
                "Take the model's Hugging Face checkpoint.");
        }

        if (file.Tensors.FirstOrDefault(static tensor => tensor.Name == RotaryFactors) is { } factors)
        {
            if (kind != "none")
            {
                throw new CheckpointException(
                    Path, $"tensor '{RotaryFactors}'",
                    $"scales rotary positions in addition to {Rope("scaling.type")} = {kind}, expected one of them", "Convert the checkpoint again.");
            }

            config["rope_scaling"] = Divided(file, factors);
            return;
        }

        if (kind == "none")
        {
            if (metadata.Double(Rope("scaling.factor"), 1) is not (0 or 1) and var factor)
            {
                throw new CheckpointException(
                    Path, $"metadata '{Rope("scaling.factor")}'", $"is {factor} without {Rope("scaling.type")}, expected both",
                    "Convert the checkpoint again with a current converter.");
            }

            return;
        }

        var scaling = new JsonObject { ["rope_type"] = kind, ["factor"] = metadata.Double(Rope("scaling.factor")) };
        if (metadata.Has(Rope("scaling.original_context_length")))
            scaling["original_max_position_embeddings"] = metadata.Int(Rope("scaling.original_context_length"));
        config["rope_scaling"] = scaling;
    }

    // Converters write the result of Llama 3's and other scalings as one factor for each pair: its rotary frequency is divided by it.
    private JsonObject Divided(GgufPieces file, TensorInfo tensor)
    {
        if (tensor.Elements > MaxPairs)
        {
            throw new CheckpointException(
                Path, $"tensor '{RotaryFactors}'", $"has {tensor.Elements} elements, expected one for each pair of a head, at most {MaxPairs}",
                "Convert the checkpoint again.");
        }

        var factors = new float[tensor.Elements];
        fixed (float* destination = factors)
            FloatConversion.Widen(tensor.Type, file.FileOf(tensor).Pointer(tensor), destination, tensor.Elements);
        if (Array.FindIndex(factors, static factor => !(factor > 0 && float.IsFinite(factor))) is >= 0 and var wrong)
        {
            throw new CheckpointException(
                Path, $"tensor '{RotaryFactors}'", $"has {factors[wrong]} at index {wrong}, expected positive numbers",
                "Convert the checkpoint again.");
        }

        return new JsonObject { ["rope_type"] =
            "factors", ["factors"] = new JsonArray([.. factors.Select(static factor => JsonValue.Create(factor))]) };
    }

    private static GenerationConfig GenerationOf(GgufMetadata metadata)
    {
        string[] names = ["eos_token_id", "eot_token_id", "eom_token_id"];
        int[] ends = [.. names.Select(name => metadata.Id(GgufMetadata.TokenizerPrefix + name)).OfType<int>().Distinct()];
        return new GenerationConfig(ends, metadata.Id(GgufMetadata.TokenizerPrefix + "bos_token_id"));
    }
}
