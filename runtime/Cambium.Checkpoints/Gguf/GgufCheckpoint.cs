using System.Text;
using System.Text.Json.Nodes;

namespace Cambium.Checkpoints;

/// <summary>
/// A checkpoint in one GGUF file: its metadata as the config.json that a Hugging Face folder of the same model has, and its tensors under the names and in the order that they have there.
/// </summary>
internal sealed unsafe class GgufCheckpoint : CheckpointSource
{
    private const string Ropes = "rope_freqs.weight";
    private const int MaxPairs = 1 << 16;

    private static readonly string[] KnownScalings = ["type", "factor", "original_context_length", "finetuned"];

    // Settings that change what is computed and that no class here knows, with the value that changes nothing.
    private static readonly (string Key, double Neutral)[] Unsupported =
    [
        ("expert_count", 0), ("attention.scale", double.NaN), ("attention.clamp_kqv", 0), ("attention.max_alibi_bias", 0), ("rope.scale_linear", 1), ("logit_scale", 1), ("residual_scale", 1), ("embedding_scale", 1),
        ("attn_logit_softcapping", 0), ("final_logit_softcapping", 0),
    ];

    private readonly GgufArchitecture _architecture;
    private readonly string _settings;
    private readonly GenerationConfig _generation;
    private readonly int _headSize;

    private GgufCheckpoint(GgufFile file)
    {
        Path = file.Path;
        var name = file.Metadata.Text("general.architecture");
        _architecture = GgufArchitecture.All.FirstOrDefault(one => one.Name == name)
            ?? throw new CheckpointException(Path, "metadata 'general.architecture'", $"is {(name is null ? "absent" : $"'{name}'")}, expected one of {string.Join(", ", GgufArchitecture.All.Select(static one => one.Name))}", "Take the model's Hugging Face checkpoint and a class for it.");
        var config = ConfigOf(file);
        _headSize = HeadSize(config);
        _settings = config.ToJsonString();
        Config = ModelConfig.Parse(_settings, Path);
        _generation = GenerationOf(file.Metadata);
    }

    public override string Path { get; }

    public override ModelConfig Config { get; }

    /// <exception cref="CheckpointException">It is no GGUF file, damaged, or has something that is not supported.</exception>
    public static new GgufCheckpoint Open(string path)
    {
        using var file = GgufFile.Open(path);
        return new GgufCheckpoint(file);
    }

    public override ReadOnlySpan<byte> Settings() => Encoding.UTF8.GetBytes(_settings);

    public override GenerationConfig Generation() => _generation;

    public override CheckpointFiles OpenFiles()
    {
        var file = GgufFile.Open(Path);
        try
        {
            return CheckpointFiles.Of(file, file.Tensors.Where(static tensor => tensor.Name != Ropes).Select(tensor => Stored(file, tensor)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private (string Name, StoredTensor Tensor) Stored(GgufFile file, TensorInfo tensor)
    {
        var name = _architecture.NameOf(tensor.Name) ?? tensor.Name;
        var isPaired = _architecture.HasPairedHeads && (tensor.Name.Contains(".attn_q.", StringComparison.Ordinal) || tensor.Name.Contains(".attn_k.", StringComparison.Ordinal));
        if (isPaired && (_headSize < 2 || _headSize % 2 != 0 || tensor.Shape[0] % _headSize != 0))
            throw new CheckpointException(Path, $"tensor '{tensor.Name}'", $"has {tensor.Shape[0]} rows, expected heads of {_headSize}", "Metadata and tensors contradict each other; convert the checkpoint again.");
        return (name, new StoredTensor(file, tensor, isPaired ? _headSize : 0, _architecture.IsTransposed && tensor.Shape.Count == 2 && tensor.Name.StartsWith("blk.", StringComparison.Ordinal)));
    }

    private JsonObject ConfigOf(GgufFile file)
    {
        var (metadata, config) = (file.Metadata, new JsonObject());
        config["architectures"] = new JsonArray(_architecture.Class);
        foreach (var (key, field) in _architecture.Settings)
        {
            var full = $"{_architecture.Name}.{key}";
            if (!metadata.Has(full))
                continue;
            config[field] = key.Contains("epsilon", StringComparison.Ordinal) || key.Contains("freq", StringComparison.Ordinal) ? JsonValue.Create(metadata.Double(full)) : JsonValue.Create(metadata.Int(full));
        }

        foreach (var (field, value) in _architecture.Constants)
            config[field] = JsonNode.Parse(value);
        var embedding = file.Tensors.FirstOrDefault(static tensor => tensor.Name == "token_embd.weight")
            ?? throw new CheckpointException(Path, "tensor 'token_embd.weight'", "is missing, expected [vocabulary, width]", "Convert the checkpoint again.");
        config["vocab_size"] = embedding.Shape[0];
        config["tie_word_embeddings"] = !HasTensor(file, "output.weight");
        config["attention_bias"] = HasBias(file, ".attn_");
        config["mlp_bias"] = HasBias(file, ".ffn_");
        RequireSupported(file, config);
        AddRotary(file, config);
        return config;
    }

    // What is passed over in silence would give wrong numbers.
    private void RequireSupported(GgufFile file, JsonObject config)
    {
        var metadata = file.Metadata;
        const string advice = "Take the model's Hugging Face checkpoint and a class for it.";
        foreach (var (key, neutral) in Unsupported)
        {
            if (metadata.Has($"{_architecture.Name}.{key}") && metadata.Double($"{_architecture.Name}.{key}") is var value && value != neutral)
                throw new CheckpointException(Path, $"metadata '{_architecture.Name}.{key}'", $"is {value}, which no class here computes", advice);
        }

        if (!metadata.Bool($"{_architecture.Name}.attention.causal", true))
            throw new CheckpointException(Path, $"metadata '{_architecture.Name}.attention.causal'", "is false, expected a model that sees earlier tokens only", advice);
        if (HeadSize(config) is > 0 and var head && metadata.Int($"{_architecture.Name}.attention.value_length", head) is var values && values != head)
            throw new CheckpointException(Path, $"metadata '{_architecture.Name}.attention.value_length'", $"is {values}, expected {head}, the length of keys", advice);
        if (metadata.Int("split.count", 1) is > 1 and var pieces)
            throw new CheckpointException(Path, "metadata 'split.count'", $"is {pieces}: this is one piece of a file", "Join the pieces: llama-gguf-split --merge <first piece> <file>.");
        if (file.Tensors.FirstOrDefault(tensor => tensor.Name != Ropes && _architecture.NameOf(tensor.Name) is null) is { } unknown)
            throw new CheckpointException(Path, $"tensor '{unknown.Name}'", $"is none that a {_architecture.Name} has here", advice);
    }

    private static bool HasTensor(GgufFile file, string name) => file.Tensors.Any(tensor => tensor.Name == name);

    private static bool HasBias(GgufFile file, string part) => file.Tensors.Any(tensor => tensor.Name.Contains(part, StringComparison.Ordinal) && tensor.Name.EndsWith(".bias", StringComparison.Ordinal));

    private static int HeadSize(JsonObject config)
    {
        int Field(string name) => config[name]?.GetValue<int>() ?? 0;
        return Field("head_dim") is > 0 and var size ? size : Field("num_attention_heads") is > 0 and var heads ? Field("hidden_size") / heads : 0;
    }

    private void AddRotary(GgufFile file, JsonObject config)
    {
        var metadata = file.Metadata;
        string Key(string name) => $"{_architecture.Name}.rope.{name}";
        if (HeadSize(config) is > 0 and var head && metadata.Int(Key("dimension_count"), head) is var turned && turned != head)
        {
            // Rows are interleaved over the part that is turned, wherever that ends.
            if (_architecture.HasPairedHeads)
                throw new CheckpointException(Path, $"metadata '{Key("dimension_count")}'", $"is {turned}, expected {head}, the size of a head", "Take the model's Hugging Face checkpoint.");
            config["partial_rotary_factor"] = (double)turned / head;
        }

        var unknown = metadata.Keys.FirstOrDefault(key => key.StartsWith(Key("scaling."), StringComparison.Ordinal) && !KnownScalings.Contains(key[Key("scaling.").Length..]));
        if (unknown is not null)
            throw new CheckpointException(Path, $"metadata '{unknown}'", $"is a setting of rotary scaling that is not supported; supported are {string.Join(", ", KnownScalings)}", "Take the model's Hugging Face checkpoint.");
        var kind = metadata.Text(Key("scaling.type")) ?? "none";
        if (kind is not ("none" or "linear" or "yarn"))
            throw new CheckpointException(Path, $"metadata '{Key("scaling.type")}'", $"is '{kind}', expected none, linear or yarn", "Take the model's Hugging Face checkpoint.");
        if (file.Tensors.FirstOrDefault(static tensor => tensor.Name == Ropes) is { } factors)
        {
            if (kind != "none")
                throw new CheckpointException(Path, $"tensor '{Ropes}'", $"scales rotary positions beside {Key("scaling.type")} = {kind}, expected one of both", "Convert the checkpoint again.");
            config["rope_scaling"] = Divided(file, factors);
            return;
        }

        if (kind == "none")
        {
            if (metadata.Double(Key("scaling.factor"), 1) is not (0 or 1) and var factor)
                throw new CheckpointException(Path, $"metadata '{Key("scaling.factor")}'", $"is {factor} without {Key("scaling.type")}, expected both", "Convert the checkpoint again with a current converter.");
            return;
        }

        var scaling = new JsonObject { ["rope_type"] = kind, ["factor"] = metadata.Double(Key("scaling.factor")) };
        if (metadata.Has(Key("scaling.original_context_length")))
            scaling["original_max_position_embeddings"] = metadata.Int(Key("scaling.original_context_length"));
        config["rope_scaling"] = scaling;
    }

    // Converters write out what the settings of Llama 3 and others come to: numbers by which speeds are divided.
    private JsonObject Divided(GgufFile file, TensorInfo tensor)
    {
        if (tensor.Elements > MaxPairs)
            throw new CheckpointException(Path, $"tensor '{Ropes}'", $"has {tensor.Elements} elements, expected one for each pair of a head, at most {MaxPairs}", "Convert the checkpoint again.");
        var factors = new float[tensor.Elements];
        fixed (float* destination = factors)
            FloatConversion.Widen(tensor.Type, file.Pointer(tensor), destination, tensor.Elements);
        if (Array.FindIndex(factors, static factor => !(factor > 0 && float.IsFinite(factor))) is >= 0 and var wrong)
            throw new CheckpointException(Path, $"tensor '{Ropes}'", $"has {factors[wrong]} at index {wrong}, expected positive numbers", "Convert the checkpoint again.");
        return new JsonObject { ["rope_type"] = "factors", ["factors"] = new JsonArray([.. factors.Select(static factor => JsonValue.Create(factor))]) };
    }

    private static GenerationConfig GenerationOf(GgufMetadata metadata)
    {
        int[] ends = [.. new[] { "eos_token_id", "eot_token_id", "eom_token_id" }.Select(name => metadata.Id(GgufMetadata.TokenizerPrefix + name)).OfType<int>().Distinct()];
        return new GenerationConfig(ends, metadata.Id(GgufMetadata.TokenizerPrefix + "bos_token_id"));
    }
}
