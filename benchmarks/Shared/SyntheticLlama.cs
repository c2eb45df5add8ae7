using System.Globalization;
using Cambium.Checkpoints;

namespace Cambium.Benchmarks;

/// <summary>
/// A Llama of 134 million random weights: fits on any machine and is much larger than the CPU caches. Hidden size 768, 12 layers, 12 heads of 64,
/// MLP 2048, vocabulary 32000, embeddings not tied.
/// </summary>
internal static class SyntheticLlama
{
    public const int Hidden = 768;
    public const int Layers = 12;
    public const int Heads = 12;
    public const int HeadSize = Hidden / Heads;
    public const int Intermediate = 2048;
    public const int Vocabulary = 32000;

    /// <summary>Positions of the longest sequence.</summary>
    public const int Positions = 8448;

    /// <summary>Weights of the blocks, which multiply every row.</summary>
    public const long BlockWeights = (long)Layers * ((4L * Hidden * Hidden) + (3L * Hidden * Intermediate));

    /// <summary>Weights of the output head, which multiply only rows with logits.</summary>
    public const long HeadWeights = (long)Vocabulary * Hidden;

    /// <summary>Writes the configuration, and the weights unless an earlier run did.</summary>
    /// <returns>Its folder.</returns>
    public static string Folder()
    {
        var folder = Path.Combine(Repository.Temporary, "llama-134m");
        var weights = Path.Combine(folder, "model.safetensors");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "architectures": ["LlamaForCausalLM"],
              "hidden_size": {{Hidden}},
              "intermediate_size": {{Intermediate}},
              "num_hidden_layers": {{Layers}},
              "num_attention_heads": {{Heads}},
              "num_key_value_heads": {{Heads}},
              "head_dim": {{HeadSize}},
              "vocab_size": {{Vocabulary}},
              "max_position_embeddings": {{Positions}},
              "rms_norm_eps": 1e-5,
              "rope_theta": 10000.0,
              "tie_word_embeddings": false
            }
            """));

        if (File.Exists(weights))
            return folder;
        var random = new Random(11);
        var writer = new SafetensorsWriter();
        Matrix("model.embed_tokens.weight", Vocabulary, Hidden);
        for (var i = 0; i < Layers; i++)
        {
            foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "o_proj"])
                Matrix($"model.layers.{i}.self_attn.{name}.weight", Hidden, Hidden);
            Matrix($"model.layers.{i}.mlp.gate_proj.weight", Intermediate, Hidden);
            Matrix($"model.layers.{i}.mlp.up_proj.weight", Intermediate, Hidden);
            Matrix($"model.layers.{i}.mlp.down_proj.weight", Hidden, Intermediate);
            Ones($"model.layers.{i}.input_layernorm.weight");
            Ones($"model.layers.{i}.post_attention_layernorm.weight");
        }

        Ones("model.norm.weight");
        Matrix("lm_head.weight", Vocabulary, Hidden);
        writer.Save(weights);
        return folder;

        void Matrix(string name, int rows, int columns)
        {
            var values = new float[rows * columns];
            var scale = MathF.Sqrt(3f / columns);
            for (var i = 0; i < values.Length; i++)
                values[i] = ((2 * random.NextSingle()) - 1) * scale;
            writer.Add(name, [rows, columns], values);
        }

        void Ones(string name) => writer.Add(name, [Hidden], [.. Enumerable.Repeat(1f, Hidden)]);
    }
}
