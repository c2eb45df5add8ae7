using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Fuzz.Mutation;

namespace Cambium.Fuzz.Kinds;

/// <summary>The fields and the tensors of one architecture.</summary>
/// <param name="Fixture">A checkpoint of it in <c>tests/fixtures</c>.</param>
/// <param name="Sizes">Fields that are sizes.</param>
/// <param name="Factors">Pairs of sizes whose product is a size of a tensor.</param>
/// <param name="Tensors">Names and shapes, from the sizes of a config. Products wrap in 32 bits, as in a program that does not check them.</param>
internal sealed record Family(
    string Fixture, string[] Sizes, (string, string)[] Factors, Func<Family.Config, IEnumerable<(string Name, long[] Shape)>> Tensors)
{
    private static readonly string[] LlamaSizes =
    [
        "hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "num_hidden_layers", "vocab_size",
        "max_position_embeddings",
    ];

    private static readonly (string, string)[] LlamaFactors =
        [("num_attention_heads", "head_dim"), ("num_key_value_heads", "head_dim"), ("hidden_size", "num_attention_heads"),
            ("hidden_size", "vocab_size")];

    public static Family[] All { get; } =
    [
        new("llama-linear-rope", LlamaSizes, LlamaFactors, Llama),
        new("mistral-window", LlamaSizes, LlamaFactors, Llama),
        new("qwen2", LlamaSizes, LlamaFactors, Llama),
        new("qwen3", LlamaSizes, LlamaFactors, Llama),
        new("gpt2", ["n_embd", "n_head", "n_inner", "n_layer", "vocab_size", "n_positions"],
            [("n_embd", "n_embd"), ("n_embd", "n_inner"), ("n_embd", "n_head")], Gpt2),
        new(
            "t5-encoder",
            ["d_model", "num_heads", "d_kv", "d_ff", "num_layers", "vocab_size", "relative_attention_num_buckets", "relative_attention_max_distance"],
            [("num_heads", "d_kv"), ("relative_attention_num_buckets", "num_heads"), ("d_model", "d_ff")], T5),
    ];

    public JsonObject Base() => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.InRepository(Fixture), "config.json")))!.AsObject();

    /// <summary>Small sizes that are mostly consistent with one another.</summary>
    public void Shrink(JsonObject config, Random random)
    {
        foreach (var field in Sizes)
        {
            if (random.Next(5) > 0)
                config[field] = Numbers.Small(random);
        }

        foreach (var layers in (string[])["num_hidden_layers", "n_layer", "num_layers"])
        {
            if (config.ContainsKey(layers))
                config[layers] = random.Next(1, 4);
        }

        foreach (var positions in (string[])["max_position_embeddings", "n_positions"])
        {
            if (config.ContainsKey(positions))
                config[positions] = random.Next(6) == 0 ? Numbers.Small(random) : random.Next(40, 300);
        }

        foreach (var (field, of) in ((string, string)[])
            [("num_attention_heads", "num_key_value_heads"), ("n_embd", "n_head"), ("hidden_size", "num_attention_heads")])
        {
            if (random.Next(6) > 0 && config[of] is { } divisor)
                config[field] = (int)divisor * random.Next(1, 5);
        }

        foreach (var even in (string[])["head_dim", "d_kv"])
        {
            if (random.Next(6) > 0 && config[even] is { } size)
                config[even] = (int)size * 2;
        }
    }

    /// <summary>The tensors of a config; null if they cannot be made small.</summary>
    public List<(string Name, long[] Shape)>? Shapes(JsonObject config)
    {
        try
        {
            // A number that was set in this process converts to its own type only; a parsed one converts to all.
            var parsed = JsonNode.Parse(config.ToJsonString())!.AsObject();
            var shapes = Tensors(new Config(parsed)).Take(200).ToList();
            var elements = shapes.Sum(static tensor => tensor.Shape.Aggregate(1.0, static (product, extent) => product * Math.Abs(extent)));
            return shapes.All(static tensor => tensor.Shape.All(static extent => extent > 0)) && elements < 3_000_000 ? shapes : null;
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or ArithmeticException or JsonException)
        {
            return null;
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> Llama(Config c)
    {
        var (hidden, heads, inner) = (c["hidden_size"], c["num_attention_heads"], c["intermediate_size"]);
        var type = c.Text("model_type");
        var kvHeads = c["num_key_value_heads", heads];
        var size = c["head_dim", type == "qwen3" ? 128 : heads == 0 ? 0 : hidden / heads];
        yield return ("model.embed_tokens.weight", [c["vocab_size"], hidden]);
        yield return ("model.norm.weight", [hidden]);
        yield return ("lm_head.weight", [c["vocab_size"], hidden]);
        for (var layer = 0; layer < c["num_hidden_layers"]; layer++)
        {
            var at = $"model.layers.{layer}.";
            yield return (at + "input_layernorm.weight", [hidden]);
            yield return (at + "post_attention_layernorm.weight", [hidden]);
            foreach (var (name, count) in ((string, int)[])[("q", heads), ("k", kvHeads), ("v", kvHeads)])
            {
                yield return ($"{at}self_attn.{name}_proj.weight", [unchecked(count * size), hidden]);
                if (type == "qwen2" || c.Is("attention_bias"))
                    yield return ($"{at}self_attn.{name}_proj.bias", [unchecked(count * size)]);
            }

            yield return (at + "self_attn.o_proj.weight", [hidden, unchecked(heads * size)]);
            if (c.Is("attention_bias"))
                yield return (at + "self_attn.o_proj.bias", [hidden]);
            if (type == "qwen3")
            {
                yield return (at + "self_attn.q_norm.weight", [size]);
                yield return (at + "self_attn.k_norm.weight", [size]);
            }

            foreach (var (name, rows, columns) in ((string, int, int)[])[("gate", inner, hidden), ("up", inner, hidden), ("down", hidden, inner)])
            {
                yield return ($"{at}mlp.{name}_proj.weight", [rows, columns]);
                if (c.Is("mlp_bias"))
                    yield return ($"{at}mlp.{name}_proj.bias", [rows]);
            }
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> Gpt2(Config c)
    {
        var hidden = c["n_embd"];
        var inner = c["n_inner", unchecked(4 * hidden)];
        yield return ("transformer.wte.weight", [c["vocab_size"], hidden]);
        yield return ("transformer.wpe.weight", [c["n_positions"], hidden]);
        yield return ("transformer.ln_f.weight", [hidden]);
        yield return ("transformer.ln_f.bias", [hidden]);
        if (!c.Is("tie_word_embeddings"))
            yield return ("lm_head.weight", [c["vocab_size"], hidden]);
        for (var layer = 0; layer < c["n_layer"]; layer++)
        {
            var at = $"transformer.h.{layer}.";
            foreach (var (name, rows, columns) in ((string, int, int)[])
                [("attn.c_attn", hidden, unchecked(3 * hidden)), ("attn.c_proj", hidden, hidden), ("mlp.c_fc", hidden, inner),
                    ("mlp.c_proj", inner, hidden)])
            {
                yield return ($"{at}{name}.weight", [rows, columns]);
                yield return ($"{at}{name}.bias", [columns]);
            }

            foreach (var name in (string[])["ln_1", "ln_2"])
            {
                yield return ($"{at}{name}.weight", [hidden]);
                yield return ($"{at}{name}.bias", [hidden]);
            }
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> T5(Config c)
    {
        var (hidden, inner, width) = (c["d_model"], c["d_ff"], unchecked(c["num_heads"] * c["d_kv"]));
        yield return ("shared.weight", [c["vocab_size"], hidden]);
        yield return ("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            [c["relative_attention_num_buckets", 32], c["num_heads"]]);
        yield return ("encoder.final_layer_norm.weight", [hidden]);
        for (var layer = 0; layer < c["num_layers"]; layer++)
        {
            var at = $"encoder.block.{layer}.";
            yield return (at + "layer.0.layer_norm.weight", [hidden]);
            yield return (at + "layer.1.layer_norm.weight", [hidden]);
            foreach (var name in (string[])["q", "k", "v"])
                yield return ($"{at}layer.0.SelfAttention.{name}.weight", [width, hidden]);
            yield return (at + "layer.0.SelfAttention.o.weight", [hidden, width]);
            yield return (at + "layer.1.DenseReluDense.wi_0.weight", [inner, hidden]);
            yield return (at + "layer.1.DenseReluDense.wi_1.weight", [inner, hidden]);
            yield return (at + "layer.1.DenseReluDense.wo.weight", [hidden, inner]);
        }
    }

    /// <summary>Reads fields as a program without checks would.</summary>
    internal sealed class Config(JsonObject fields)
    {
        public int this[string name] => unchecked((int)(long)(fields[name] ?? throw new InvalidOperationException()));

        public int this[string name, int fallback] => fields[name] is null ? fallback : this[name];

        public bool Is(string name) => fields[name] is JsonValue value && value.TryGetValue(out bool set) && set;

        public string Text(string name) => fields[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
    }
}
