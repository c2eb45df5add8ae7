using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Fuzz.Mutation;
using Cambium.Runtime;

namespace Cambium.Fuzz.Kinds;

/// <summary>Configurations with small, extreme and wrapping sizes, with tensors that match in 32 bits or not.</summary>
internal sealed class ConfigKind : CaseKind
{
    private static readonly string[] Words =
    [
        "llama3", "yarn", "linear", "dynamic", "longrope", "default", "gelu", "silu", "gelu_new", "gated-gelu", "relu", "rope_theta", "rope_scaling",
        "rope_parameters", "factor",
        "low_freq_factor", "original_max_position_embeddings", "attention_factor", "partial_rotary_factor", "sliding_window", "LlamaForCausalLM",
        "T5EncoderModel", "float32",
    ];

    public override bool IsDocumented(Exception error) =>
        base.IsDocumented(error) || error is RequestRefusedException || error.GetType() == typeof(ArgumentException);

    public override void Run(Random random, string folder)
    {
        var family = Family.All[random.Next(Family.All.Length)];
        var config = family.Base();
        var text = "";
        var mode = random.Next(5);
        switch (mode)
        {
            case 0:
                family.Shrink(config, random);
                break;
            case 1:
                family.Shrink(config, random);
                Wrap(family, config, random);
                break;
            case 2:
                if (random.Next(2) == 0)
                    family.Shrink(config, random);
                for (var i = random.Next(1, 4); i > 0; i--)
                    config[family.Sizes[random.Next(family.Sizes.Length)]] = Numbers.Extreme(random);
                break;
            case 3:
                family.Shrink(config, random);
                ChangeOther(config, random);
                break;
            default:
                text = new JsonMutator(random, Words).Mutate(config);
                break;
        }

        File.WriteAllText(Path.Combine(folder, "config.json"), text.Length > 0 ? text : config.ToJsonString());
        if (text.Length == 0 && (mode == 1 || random.Next(6) > 0) && family.Shapes(config) is { } shapes)
            WriteTensors(Path.Combine(folder, "model.safetensors"), shapes, mode != 1 && random.Next(8) == 0, random);
        else
            File.Copy(Path.Combine(Fixtures.InRepository(family.Fixture), "model.safetensors"), Path.Combine(folder, "model.safetensors"));
        if (random.Next(8) == 0)
        {
            var generation = JsonNode.Parse("""{ "bos_token_id": 1, "eos_token_id": [2, 3], "temperature": 0.5 }""")!;
            File.WriteAllText(Path.Combine(folder, "generation_config.json"), new JsonMutator(random, Words).Mutate(generation));
        }

        ModelRun.Run(folder, random);
    }

    private static void Wrap(Family family, JsonObject config, Random random)
    {
        var (first, second) = family.Factors[random.Next(family.Factors.Length)];
        var (a, b, _) = Numbers.Wrapping(random);
        (config[first], config[second]) = random.Next(2) == 0 ? (a, b) : (b, a);
        if (random.Next(2) == 0)
            config[family.Sizes[0]] = Numbers.Small(random, 8);
        // Query heads are a multiple of KV heads; other numbers are refused before any product.
        if (config["num_attention_heads"] is { } heads && random.Next(4) > 0)
            config["num_key_value_heads"] = Divisor((int)heads, random);
    }

    private static int Divisor(int number, Random random)
    {
        int[] divisors = [.. Enumerable.Range(1, 2000).Where(divisor => number % divisor == 0), number];
        return divisors[random.Next(divisors.Length)];
    }

    // Settings that are not sizes of tensors.
    private static void ChangeOther(JsonObject config, Random random)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            switch (random.Next(8))
            {
                case 0:
                    config["sliding_window"] = random.Next(2) == 0 ? Numbers.Extreme(random) : random.Next(1, 40);
                    config["use_sliding_window"] = random.Next(2) == 0;
                    config["max_window_layers"] = random.Next(3);
                    break;
                case 1:
                    config["relative_attention_num_buckets"] = random.Next(0, 9);
                    config["relative_attention_max_distance"] = random.Next(0, 9);
                    break;
                case 2:
                    config["rope_theta"] = random.Next(3) == 0 ? Numbers.Extreme(random) : random.NextDouble() * 1e6;
                    break;
                case 3:
                    config["rope_scaling"] = new JsonObject
                    {
                        ["rope_type"] = Words[random.Next(6)],
                        ["factor"] = random.Next(3) == 0 ? Numbers.Extreme(random) : (random.NextDouble() * 8) + 0.5,
                        ["low_freq_factor"] = random.NextDouble() * 2,
                        ["high_freq_factor"] = random.NextDouble() * 8,
                        ["original_max_position_embeddings"] = random.Next(2) == 0 ? Numbers.Extreme(random) : random.Next(1, 300),
                    };
                    break;
                case 4:
                    config["partial_rotary_factor"] = (random.NextDouble() * 1.5) - 0.2;
                    break;
                case 5:
                    config["attention_bias"] = random.Next(2) == 0;
                    config["mlp_bias"] = random.Next(2) == 0;
                    config["tie_word_embeddings"] = random.Next(2) == 0;
                    break;
                case 6:
                    config[random.Next(2) == 0 ? "rms_norm_eps" : "layer_norm_epsilon"] = random.Next(2) == 0 ? Numbers.Extreme(random) : 1e-30;
                    break;
                default:
                    config[config.ElementAt(random.Next(config.Count)).Key] = new JsonMutator(random, Words).Junk();
                    break;
            }
        }
    }

    private static void WriteTensors(string path, List<(string Name, long[] Shape)> shapes, bool isDamaged, Random random)
    {
        if (isDamaged && shapes.Count > 0)
        {
            var odd = random.Next(shapes.Count);
            if (random.Next(2) == 0)
                shapes.RemoveAt(odd);
            else
                shapes[odd] = (shapes[odd].Name, [.. shapes[odd].Shape.Select(extent => extent + random.Next(2))]);
        }

        var type = random.Next(3) switch { 0 => ElementType.F32, 1 => ElementType.F16, _ => ElementType.BF16 };
        var header = new JsonObject();
        var offset = 0L;
        foreach (var (name, shape) in shapes)
        {
            var bytes = shape.Aggregate(1L, static (product, extent) => product * extent) * type.Bytes();
            header[name] = new JsonObject
            {
                ["dtype"] = type.Name(),
                ["shape"] = new JsonArray([.. shape.Select(static extent => (JsonNode)extent)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes),
            };
            offset += bytes;
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var file = new byte[8 + json.Length + offset];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        Fill(file.AsSpan(8 + json.Length), type, random);
        File.WriteAllBytes(path, file);
    }

    private static void Fill(Span<byte> data, ElementType type, Random random)
    {
        // Some checkpoints have weights that are not finite or that overflow.
        var scale = random.Next(12) switch { 0 => float.NaN, 1 => 1e30f, 2 => float.PositiveInfinity, _ => 0.2f };
        for (var at = 0; at + type.Bytes() <= data.Length; at += type.Bytes())
        {
            var value = ((2 * random.NextSingle()) - 1) * scale;
            switch (type)
            {
                case ElementType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(data[at..], value);
                    break;
                case ElementType.F16:
                    BinaryPrimitives.WriteHalfLittleEndian(data[at..], (Half)value);
                    break;
                default:
                    BinaryPrimitives.WriteUInt16LittleEndian(data[at..], (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                    break;
            }
        }
    }
}
