using Cambium.Checkpoints;

namespace Cambium.Models;

/// <summary>The names that several of the converter's architectures share.</summary>
internal static class LlamaFormGguf
{
    public static IReadOnlyList<GgufTensorField> TensorFields { get; } =
    [
        new("vocab_size", GgufTensorValue.Rows, "token_embd.weight"),
        new("tie_word_embeddings", GgufTensorValue.IsAbsent, "output.weight"),
        new("attention_bias", GgufTensorValue.IsPresent, "blk.*.attn_*.bias"),
        new("mlp_bias", GgufTensorValue.IsPresent, "blk.*.ffn_*.bias"),
    ];

    /// <summary>A decoder in Llama's form, without the interleaved rows of <c>llama</c> itself.</summary>
    public static GgufArchitecture Decoder(string name, string className) => new(name, className)
    {
        Settings = new Dictionary<string, string>
        {
            ["block_count"] = "num_hidden_layers",
            ["context_length"] = "max_position_embeddings",
            ["embedding_length"] = "hidden_size",
            ["feed_forward_length"] = "intermediate_size",
            ["attention.head_count"] = "num_attention_heads",
            ["attention.head_count_kv"] = "num_key_value_heads",
            ["attention.key_length"] = "head_dim",
            ["attention.layer_norm_rms_epsilon"] = "rms_norm_eps",
            ["attention.sliding_window"] = "sliding_window",
            ["rope.freq_base"] = "rope_theta",
        },
        Constants = new Dictionary<string, string> { ["hidden_act"] = "\"silu\"" },
        TensorFields = TensorFields,
        Tensors = new Dictionary<string, string>
        {
            ["token_embd"] = "model.embed_tokens",
            ["output_norm"] = "model.norm",
            ["output"] = "lm_head",
            ["blk.{i}.attn_norm"] = "model.layers.{i}.input_layernorm",
            ["blk.{i}.attn_q"] = "model.layers.{i}.self_attn.q_proj",
            ["blk.{i}.attn_k"] = "model.layers.{i}.self_attn.k_proj",
            ["blk.{i}.attn_v"] = "model.layers.{i}.self_attn.v_proj",
            ["blk.{i}.attn_output"] = "model.layers.{i}.self_attn.o_proj",
            ["blk.{i}.attn_q_norm"] = "model.layers.{i}.self_attn.q_norm",
            ["blk.{i}.attn_k_norm"] = "model.layers.{i}.self_attn.k_norm",
            ["blk.{i}.ffn_norm"] = "model.layers.{i}.post_attention_layernorm",
            ["blk.{i}.ffn_gate"] = "model.layers.{i}.mlp.gate_proj",
            ["blk.{i}.ffn_up"] = "model.layers.{i}.mlp.up_proj",
            ["blk.{i}.ffn_down"] = "model.layers.{i}.mlp.down_proj",
        },
    };
}
