using Cambium.Checkpoints;

namespace Cambium.Models;

public sealed partial class Gpt2
{
    static partial void DeclareGguf(ICollection<GgufArchitecture> architectures) => architectures.Add(new GgufArchitecture("gpt2", "GPT2LMHeadModel")
    {
        Settings = new Dictionary<string, string>
        {
            ["block_count"] = "n_layer",
            ["context_length"] = "n_positions",
            ["embedding_length"] = "n_embd",
            ["feed_forward_length"] = "n_inner",
            ["attention.head_count"] = "n_head",
            ["attention.layer_norm_epsilon"] = "layer_norm_epsilon",
        },
        Constants = new Dictionary<string, string> { ["activation_function"] = "\"gelu_new\"" },
        TensorFields = LlamaFormGguf.TensorFields,
        Tensors = new Dictionary<string, string>
        {
            ["token_embd"] = "transformer.wte",
            ["position_embd"] = "transformer.wpe",
            ["output_norm"] = "transformer.ln_f",
            ["output"] = "lm_head",
            ["blk.{i}.attn_norm"] = "transformer.h.{i}.ln_1",
            ["blk.{i}.attn_qkv"] = "transformer.h.{i}.attn.c_attn",
            ["blk.{i}.attn_output"] = "transformer.h.{i}.attn.c_proj",
            ["blk.{i}.ffn_norm"] = "transformer.h.{i}.ln_2",
            ["blk.{i}.ffn_up"] = "transformer.h.{i}.mlp.c_fc",
            ["blk.{i}.ffn_down"] = "transformer.h.{i}.mlp.c_proj",
        },
        Transposed = ["blk.{i}.attn_qkv", "blk.{i}.attn_output", "blk.{i}.ffn_up", "blk.{i}.ffn_down"],
    });
}
