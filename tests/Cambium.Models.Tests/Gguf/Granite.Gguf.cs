using Cambium.Checkpoints;

namespace Cambium.Models.Tests.Architectures;

// The names of llama.cpp's converter for Granite, declared as a user declares them for a class of their own.
public sealed partial class Granite
{
    static partial void DeclareGguf(ICollection<GgufArchitecture> architectures) =>
        architectures.Add(new GgufArchitecture("granite", "GraniteForCausalLM")
    {
        Settings = new Dictionary<string, string>
        {
            ["block_count"] = "num_hidden_layers",
            ["context_length"] = "max_position_embeddings",
            ["embedding_length"] = "hidden_size",
            ["feed_forward_length"] = "intermediate_size",
            ["attention.head_count"] = "num_attention_heads",
            ["attention.head_count_kv"] = "num_key_value_heads",
            ["attention.layer_norm_rms_epsilon"] = "rms_norm_eps",
            ["attention.scale"] = "attention_multiplier",
            ["rope.freq_base"] = "rope_theta",
            ["embedding_scale"] = "embedding_multiplier",
            ["residual_scale"] = "residual_multiplier",
            ["logit_scale"] = "logits_scaling",
        },
        Constants = new Dictionary<string, string> { ["hidden_act"] = "\"silu\"" },
        TensorFields =
        [
            new("vocab_size", GgufTensorValue.Rows, "token_embd.weight"),
            new("tie_word_embeddings", GgufTensorValue.IsAbsent, "output.weight"),
            new("attention_bias", GgufTensorValue.IsPresent, "blk.0.attn_q.bias"),
            new("mlp_bias", GgufTensorValue.IsPresent, "blk.0.ffn_up.bias"),
        ],
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
            ["blk.{i}.ffn_norm"] = "model.layers.{i}.post_attention_layernorm",
            ["blk.{i}.ffn_gate"] = "model.layers.{i}.mlp.gate_proj",
            ["blk.{i}.ffn_up"] = "model.layers.{i}.mlp.up_proj",
            ["blk.{i}.ffn_down"] = "model.layers.{i}.mlp.down_proj",
        },
        InterleavedRows = ["blk.{i}.attn_q", "blk.{i}.attn_k"],
    });
}
