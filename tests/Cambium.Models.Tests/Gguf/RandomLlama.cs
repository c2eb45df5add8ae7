using Cambium.Runtime.Loading;

namespace Cambium.Models.Tests.Gguf;

/// <summary>A random Llama in a GGUF file whose matrices have rows of whole blocks of every type, and its logits in doubles.</summary>
internal static class RandomLlama
{
    public const int Vocabulary = 96;
    private const int Hidden = 256;
    private const int Inner = 512;
    private const int Heads = 4;
    private const int KvHeads = 2;
    private const int HeadSize = Hidden / Heads;
    private const double Theta = 10000;
    private const float Epsilon = 1e-5f;

    /// <summary>Names of the matrices in the file, in order.</summary>
    public static IEnumerable<string> Matrices(int layers) =>
        Shapes(layers).Where(static tensor => tensor.Shape.Length == 2).Select(static tensor => tensor.Name);

    /// <param name="path">The file.</param>
    /// <param name="typeOf">GGUF's number of the type of a matrix.</param>
    /// <param name="layers">Number of layers.</param>
    /// <param name="widen">If given, blocks of a type are written as these f32 weights.</param>
    /// <param name="change">Adds to the file.</param>
    public static string Write(
        string path, Func<string, uint> typeOf, int layers = 2, Func<uint, byte[], float[]>? widen = null, Action<GgufBuilder>? change = null)
    {
        var file = new GgufBuilder().Set("general.architecture", "llama").Set("llama.block_count", (uint)layers).Set("llama.context_length", 512u)
            .Set("llama.embedding_length", (uint)Hidden).Set("llama.feed_forward_length", (uint)Inner).Set("llama.attention.head_count", (uint)Heads)
            .Set("llama.attention.head_count_kv", (uint)KvHeads).Set("llama.rope.dimension_count", (uint)HeadSize)
            .Set("llama.rope.freq_base", (float)Theta).Set("llama.attention.layer_norm_rms_epsilon", Epsilon);
        var random = new Random(5);
        foreach (var (name, shape) in Shapes(layers))
        {
            var elements = checked((int)shape.Aggregate(1L, static (product, extent) => product * extent));
            if (shape.Length == 1)
                file.Add(name, shape, 0, [.. Enumerable.Range(0, elements).Select(_ => 0.75f + (random.NextSingle() / 2))]);
            else if (typeOf(name) is var type && GgufBlocks.Inputs(type) == 1)
                file.Add(name, shape, type, [.. Enumerable.Range(0, elements).Select(_ => (random.NextSingle() - 0.5f) / 4)]);
            else if (GgufBlocks.Random(type, elements, random, 0.25f) is var blocks && widen is not null)
                file.Add(name, shape, 0, widen(type, blocks));
            else
                file.AddRaw(name, shape, type, blocks);
        }

        change?.Invoke(file);
        return file.Save(path);
    }

    /// <summary>The logits of all positions, computed from the weights that the file's blocks stand for.</summary>
    public static float[] Logits(string path, int[] ids, int layers = 2)
    {
        using var reader = CheckpointReader.Open(path, null, Llama.GgufArchitectures);
        float[] Weights(string name, params int[] shape)
        {
            var values = new float[shape.Aggregate(1, static (product, extent) => product * extent)];
            reader.Read(name + ".weight", shape, values);
            return values;
        }

        var embeddings = Weights("model.embed_tokens", Vocabulary, Hidden);
        double[][] x = [.. ids.Select(id => embeddings.AsSpan(id * Hidden, Hidden).ToArray().Select(static value => (double)value).ToArray())];
        for (var layer = 0; layer < layers; layer++)
        {
            var name = $"model.layers.{layer}.";
            var norm = Weights(name + "input_layernorm", Hidden);
            double[][] normed = [.. x.Select(row => Normalize(row, norm))];
            var (wq, wk) = (Weights(name + "self_attn.q_proj", Hidden, Hidden), Weights(name + "self_attn.k_proj", KvHeads * HeadSize, Hidden));
            var (wv, wo) = (Weights(name + "self_attn.v_proj", KvHeads * HeadSize, Hidden), Weights(name + "self_attn.o_proj", Hidden, Hidden));
            double[][] q = [.. normed.Select((row, position) => Rotate(Multiply(wq, row), position))];
            double[][] k = [.. normed.Select((row, position) => Rotate(Multiply(wk, row), position))];
            double[][] v = [.. normed.Select(row => Multiply(wv, row))];
            for (var position = 0; position < ids.Length; position++)
                Add(x[position], Multiply(wo, Attend(q[position], k, v, position)));

            norm = Weights(name + "post_attention_layernorm", Hidden);
            var (gate, up) = (Weights(name + "mlp.gate_proj", Inner, Hidden), Weights(name + "mlp.up_proj", Inner, Hidden));
            var down = Weights(name + "mlp.down_proj", Hidden, Inner);
            foreach (var row in x)
            {
                var input = Normalize(row, norm);
                double[] inner = [.. Multiply(gate, input).Zip(Multiply(up, input), static (g, u) => g / (1 + Math.Exp(-g)) * u)];
                Add(row, Multiply(down, inner));
            }
        }

        var (last, head) = (Weights("model.norm", Hidden), Weights("lm_head", Vocabulary, Hidden));
        return [.. x.SelectMany(row => Multiply(head, Normalize(row, last))).Select(static value => (float)value)];
    }

    private static IEnumerable<(string Name, long[] Shape)> Shapes(int layers)
    {
        yield return ("token_embd.weight", [Vocabulary, Hidden]);
        for (var layer = 0; layer < layers; layer++)
        {
            yield return ($"blk.{layer}.attn_norm.weight", [Hidden]);
            yield return ($"blk.{layer}.attn_q.weight", [Hidden, Hidden]);
            yield return ($"blk.{layer}.attn_k.weight", [KvHeads * HeadSize, Hidden]);
            yield return ($"blk.{layer}.attn_v.weight", [KvHeads * HeadSize, Hidden]);
            yield return ($"blk.{layer}.attn_output.weight", [Hidden, Hidden]);
            yield return ($"blk.{layer}.ffn_norm.weight", [Hidden]);
            yield return ($"blk.{layer}.ffn_gate.weight", [Inner, Hidden]);
            yield return ($"blk.{layer}.ffn_up.weight", [Inner, Hidden]);
            yield return ($"blk.{layer}.ffn_down.weight", [Hidden, Inner]);
        }

        yield return ("output_norm.weight", [Hidden]);
        yield return ("output.weight", [Vocabulary, Hidden]);
    }

    private static double[] Multiply(float[] matrix, double[] row)
    {
        var result = new double[matrix.Length / row.Length];
        for (var output = 0; output < result.Length; output++)
        {
            for (var input = 0; input < row.Length; input++)
                result[output] += matrix[(output * row.Length) + input] * row[input];
        }

        return result;
    }

    private static double[] Normalize(double[] row, float[] weights)
    {
        var scale = 1 / Math.Sqrt(row.Average(static value => value * value) + Epsilon);
        return [.. row.Zip(weights, (value, weight) => value * scale * weight)];
    }

    private static double[] Rotate(double[] heads, int position)
    {
        for (var head = 0; head < heads.Length; head += HeadSize)
        {
            for (var pair = 0; pair < HeadSize / 2; pair++)
            {
                var (sine, cosine) = Math.SinCos(position * Math.Pow(Theta, -2.0 * pair / HeadSize));
                var (a, b) = (heads[head + pair], heads[head + pair + (HeadSize / 2)]);
                (heads[head + pair], heads[head + pair + (HeadSize / 2)]) = ((a * cosine) - (b * sine), (b * cosine) + (a * sine));
            }
        }

        return heads;
    }

    private static double[] Attend(double[] q, double[][] k, double[][] v, int position)
    {
        var result = new double[Hidden];
        for (var head = 0; head < Heads; head++)
        {
            var (from, of) = (head * HeadSize, head / (Heads / KvHeads) * HeadSize);
            double[] scores =
                [.. k.Take(position + 1).Select(key => Enumerable.Range(0, HeadSize).Sum(i => q[from + i] * key[of + i]) / Math.Sqrt(HeadSize))];
            double[] weights = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
            for (var i = 0; i < HeadSize; i++)
                result[from + i] = weights.Select((weight, key) => weight * v[key][of + i]).Sum() / weights.Sum();
        }

        return result;
    }

    private static void Add(double[] row, double[] other)
    {
        for (var i = 0; i < row.Length; i++)
            row[i] += other[i];
    }
}
