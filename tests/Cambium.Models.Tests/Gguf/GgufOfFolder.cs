using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Text.Templates;

namespace Cambium.Models.Tests.Gguf;

/// <summary>Writes a Hugging Face checkpoint as a GGUF file, as llama.cpp's converter does: names, settings, order of rows.</summary>
internal static class GgufOfFolder
{
    private static readonly (string HuggingFace, string Gguf)[] Names =
    [
        ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"), ("model.layers.", "blk."),
        ("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"), ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
        ("transformer.wte", "token_embd"),
        ("transformer.wpe", "position_embd"), ("transformer.ln_f", "output_norm"), ("transformer.h.", "blk."), ("attn.c_attn", "attn_qkv"),
        ("attn.c_proj", "attn_output"),
        ("mlp.c_fc", "ffn_up"), ("mlp.c_proj", "ffn_down"), ("ln_1", "attn_norm"), ("ln_2", "ffn_norm"),
    ];

    /// <param name="folder">The checkpoint.</param>
    /// <param name="path">The file.</param>
    /// <param name="typeOf">GGUF's number of the type of a tensor, by its name and its shape in the file.</param>
    /// <param name="change">Adds to it.</param>
    /// <param name="isScaled">Whether the scaling of Llama 3 is written.</param>
    /// <param name="cut">A vector of which only the first half is written.</param>
    public static string Write(
        string folder, string path, Func<string, long[], uint> typeOf, Action<GgufBuilder>? change = null, bool isScaled = true, string? cut = null)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        var file = new GgufBuilder();
        var name = (string)config["model_type"]! is "mistral" ? "llama" : (string)config["model_type"]!;
        file.Set("general.architecture", name);
        AddSettings(file, name, config);
        foreach (var (tensor, shape, values) in Tensors(folder))
        {
            var (rows, data) = Ordered(name, tensor, shape, values, config);
            if (tensor == cut)
                (rows, data) = ([rows[0] / 2], data[..(data.Length / 2)]);
            file.Add(NameOf(tensor), rows, typeOf(tensor, rows), data);
        }

        if (isScaled && Scaling(config) is { } scaling && (string?)(scaling["rope_type"] ?? scaling["type"]) == "llama3")
            file.Add("rope_freqs.weight", [HeadSize(config) / 2], 0, Llama3Factors(config, scaling));
        change?.Invoke(file);
        return file.Save(path);
    }

    /// <summary>Writes a checkpoint in pieces, as llama-gguf-split does: the first piece has all metadata. Returns its path.</summary>
    public static string WritePieces(string folder, string prefix, int pieces)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        var name = (string)config["model_type"]!;
        var all = Tensors(folder).ToList();
        string PathOf(int piece) => $"{prefix}-{piece + 1:D5}-of-{pieces:D5}.gguf";
        for (var piece = 0; piece < pieces; piece++)
        {
            var file = new GgufBuilder().Set("split.no", (ushort)piece).Set("split.count", (ushort)pieces);
            if (piece == 0)
            {
                file.Set("general.architecture", name);
                AddSettings(file, name, config);
            }

            foreach (var (tensor, shape, values) in all.Where((_, i) => i % pieces == piece))
            {
                var (rows, data) = Ordered(name, tensor, shape, values, config);
                file.Add(NameOf(tensor), rows, 0, data);
            }

            file.Save(PathOf(piece));
        }

        return PathOf(0);
    }

    /// <summary>Writes the checkpoint again with its weights rounded as the file has them.</summary>
    public static string Round(string folder, string copy, Func<string, long[], uint> typeOf)
    {
        Directory.CreateDirectory(copy);
        File.Copy(Path.Combine(folder, "config.json"), Path.Combine(copy, "config.json"), overwrite: true);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        var writer = new SafetensorsWriter();
        foreach (var (tensor, shape, values) in Tensors(folder))
        {
            var (rows, data) = Ordered((string)config["model_type"]!, tensor, shape, values, config);
            var type = typeOf(tensor, rows);
            var rounded = Widened(type, GgufBuilder.Stored(type, data));
            // Only models with transposed matrices or with rows in order are rounded here.
            writer.Add(
                tensor,
                shape,
                rows.SequenceEqual(shape) && !IsTransposed((string)config["model_type"]!, tensor, shape) ? rounded : Transposed(rounded, rows));
        }

        writer.Save(Path.Combine(copy, "model.safetensors"));
        return copy;
    }

    private static IEnumerable<(string Name, long[] Shape, float[] Values)> Tensors(string folder)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        foreach (var tensor in file.Tensors)
            yield return (tensor.Name, [.. tensor.Shape], file.ReadFloats(tensor.Name));
    }

    private static string NameOf(string tensor)
    {
        foreach (var (old, name) in Names)
            tensor = tensor.Replace(old, name, StringComparison.Ordinal);
        return tensor;
    }

    private static bool IsTransposed(string architecture, string tensor, long[] shape) =>
        architecture == "gpt2" && shape.Length == 2 && tensor.StartsWith("transformer.h.", StringComparison.Ordinal);

    private static (long[] Shape, float[] Values) Ordered(string architecture, string tensor, long[] shape, float[] values, JsonNode config)
    {
        if (IsTransposed(architecture, tensor, shape))
            return ([shape[1], shape[0]], Transposed(values, shape));
        if (architecture is not ("llama" or "granite")
            || !(tensor.Contains("q_proj", StringComparison.Ordinal) || tensor.Contains("k_proj", StringComparison.Ordinal)))
            return (shape, values);

        // [heads, 2, half, width] becomes [heads, half, 2, width].
        var (size, width) = (HeadSize(config), shape.Length == 1 ? 1 : (int)shape[1]);
        var result = new float[values.Length];
        for (var row = 0; row < shape[0]; row++)
        {
            var (head, at) = Math.DivRem(row, size);
            var (half, pair) = Math.DivRem(at, size / 2);
            values.AsSpan(row * width, width).CopyTo(result.AsSpan(((head * size) + (2 * pair) + half) * width));
        }

        return (shape, result);
    }

    private static float[] Transposed(float[] values, long[] shape)
    {
        var result = new float[values.Length];
        for (var row = 0; row < shape[0]; row++)
        {
            for (var column = 0; column < shape[1]; column++)
                result[(column * shape[0]) + row] = values[(row * shape[1]) + column];
        }

        return result;
    }

    private static float[] Widened(uint type, byte[] bytes) => type switch
    {
        0 => [.. bytes.Chunk(4).Select(static b => BitConverter.ToSingle(b))],
        1 => [.. bytes.Chunk(2).Select(static b => (float)BitConverter.ToHalf(b))],
        30 => [.. bytes.Chunk(2).Select(static b => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(b) << 16))],
        8 => [.. bytes.Chunk(34).SelectMany(static b => b[2..].Select(number => (float)BitConverter.ToHalf(b) * (sbyte)number))],
        _ =>
            [.. bytes.Chunk(18).SelectMany(static b =>
                b[2..].Select(static two => two & 15).Concat(b[2..].Select(static two => two >> 4))
                    .Select(number => (float)BitConverter.ToHalf(b) * (number - 8)))],
    };

    private static JsonNode? Scaling(JsonNode config) =>
        config["rope_scaling"]
            ?? (config["rope_parameters"] is { } parameters && (string?)parameters["rope_type"] is not "default" ? parameters : null);

    private static int HeadSize(JsonNode config) => (int?)config["head_dim"] ?? ((int)config["hidden_size"]! / (int)config["num_attention_heads"]!);

    private static void AddSettings(GgufBuilder file, string name, JsonNode config)
    {
        void Add(string key, string field)
        {
            if (config[field] is { } value)
                file.Set($"{name}.{key}", (uint)value);
        }

        if (name == "gpt2")
        {
            foreach (var (key,
                field) in ((string, string)[])[("block_count", "n_layer"), ("context_length", "n_positions"), ("embedding_length", "n_embd"),
                    ("attention.head_count", "n_head"), ("feed_forward_length", "n_inner")])
                Add(key, field);
            file.Set("gpt2.attention.layer_norm_epsilon", (float)config["layer_norm_epsilon"]!);
            return;
        }

        Add("block_count", "num_hidden_layers");
        Add("context_length", "max_position_embeddings");
        Add("embedding_length", "hidden_size");
        Add("feed_forward_length", "intermediate_size");
        Add("attention.head_count", "num_attention_heads");
        Add("attention.head_count_kv", "num_key_value_heads");
        Add("attention.sliding_window", "sliding_window");
        file.Set($"{name}.attention.key_length", (uint)HeadSize(config));
        file.Set($"{name}.rope.dimension_count", (uint)HeadSize(config));
        file.Set($"{name}.attention.layer_norm_rms_epsilon", (float)config["rms_norm_eps"]!);
        file.Set($"{name}.rope.freq_base", (float)(config["rope_theta"] ?? config["rope_parameters"]!["rope_theta"])!);
        foreach (var (key,
            field) in ((string, string)[])[("attention.scale", "attention_multiplier"), ("embedding_scale", "embedding_multiplier"),
                ("residual_scale", "residual_multiplier"), ("logit_scale", "logits_scaling")])
        {
            if (config[field] is { } value)
                file.Set($"{name}.{key}", (float)value);
        }

        if (Scaling(config) is { } scaling && (string)(scaling["rope_type"] ?? scaling["type"])! is var kind && kind != "llama3")
        {
            file.Set($"{name}.rope.scaling.type", kind);
            file.Set($"{name}.rope.scaling.factor", (float)scaling["factor"]!);
            if (scaling["original_max_position_embeddings"] is { } original)
                file.Set($"{name}.rope.scaling.original_context_length", (uint)original);
        }
    }

    // What llama.cpp's converter computes from Llama 3's settings.
    private static float[] Llama3Factors(JsonNode config, JsonNode scaling)
    {
        var (theta, size, factor) = (
            (double)(config["rope_theta"] ?? config["rope_parameters"]!["rope_theta"])!, HeadSize(config), (double)scaling["factor"]!);
        var (low, high, original) = (
            (double)scaling["low_freq_factor"]!, (double)scaling["high_freq_factor"]!, (double)scaling["original_max_position_embeddings"]!);
        return [.. Enumerable.Range(0, size / 2).Select(i =>
        {
            var wavelength = 2 * Math.PI * Math.Pow(theta, 2.0 * i / size);
            if (wavelength < original / high)
                return 1f;
            if (wavelength > original / low)
                return (float)factor;
            var smooth = ((original / wavelength) - low) / (high - low);
            return (float)(1 / (((1 - smooth) / factor) + smooth));
        })];
    }
}
