namespace Cambium.Checkpoints;

/// <summary>How GGUF files of one architecture name settings and weights, and what Hugging Face calls them.</summary>
/// <param name="Name"><c>general.architecture</c>.</param>
/// <param name="Class">The entry of <c>architectures</c> in config.json.</param>
/// <param name="Settings">Keys without the architecture before them, and fields of config.json.</param>
/// <param name="Constants">Fields of config.json, as JSON, that follow from the architecture.</param>
/// <param name="Tensors">Names without <c>.weight</c> or <c>.bias</c>; <c>{0}</c> is the number of a block.</param>
/// <param name="HasPairedHeads">Whether the rows of queries and keys are interleaved for rotary positions that turn neighbours.</param>
/// <param name="IsTransposed">Whether matrices of blocks are [out, in] where Hugging Face has [in, out].</param>
internal sealed record GgufArchitecture(
    string Name,
    string Class,
    IReadOnlyDictionary<string, string> Settings,
    IReadOnlyDictionary<string, string> Constants,
    IReadOnlyDictionary<string, string> Tensors,
    bool HasPairedHeads = false,
    bool IsTransposed = false)
{
    private static readonly Dictionary<string, string> LlamaSettings = new()
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
    };

    private static readonly Dictionary<string, string> Silu = new() { ["hidden_act"] = "\"silu\"" };

    private static readonly Dictionary<string, string> LlamaTensors = new()
    {
        ["token_embd"] = "model.embed_tokens",
        ["output_norm"] = "model.norm",
        ["output"] = "lm_head",
        ["blk.{0}.attn_norm"] = "model.layers.{0}.input_layernorm",
        ["blk.{0}.attn_q"] = "model.layers.{0}.self_attn.q_proj",
        ["blk.{0}.attn_k"] = "model.layers.{0}.self_attn.k_proj",
        ["blk.{0}.attn_v"] = "model.layers.{0}.self_attn.v_proj",
        ["blk.{0}.attn_output"] = "model.layers.{0}.self_attn.o_proj",
        ["blk.{0}.attn_q_norm"] = "model.layers.{0}.self_attn.q_norm",
        ["blk.{0}.attn_k_norm"] = "model.layers.{0}.self_attn.k_norm",
        ["blk.{0}.ffn_norm"] = "model.layers.{0}.post_attention_layernorm",
        ["blk.{0}.ffn_gate"] = "model.layers.{0}.mlp.gate_proj",
        ["blk.{0}.ffn_up"] = "model.layers.{0}.mlp.up_proj",
        ["blk.{0}.ffn_down"] = "model.layers.{0}.mlp.down_proj",
    };

    public static IReadOnlyList<GgufArchitecture> All { get; } =
    [
        new("llama", "LlamaForCausalLM", LlamaSettings, Silu, LlamaTensors, HasPairedHeads: true),
        new("qwen2", "Qwen2ForCausalLM", LlamaSettings, Silu, LlamaTensors),
        new("qwen3", "Qwen3ForCausalLM", LlamaSettings, Silu, LlamaTensors),
        new(
            "gpt2",
            "GPT2LMHeadModel",
            new Dictionary<string, string>
            {
                ["block_count"] = "n_layer",
                ["context_length"] = "n_positions",
                ["embedding_length"] = "n_embd",
                ["feed_forward_length"] = "n_inner",
                ["attention.head_count"] = "n_head",
                ["attention.layer_norm_epsilon"] = "layer_norm_epsilon",
            },
            new Dictionary<string, string> { ["activation_function"] = "\"gelu_new\"" },
            new Dictionary<string, string>
            {
                ["token_embd"] = "transformer.wte",
                ["position_embd"] = "transformer.wpe",
                ["output_norm"] = "transformer.ln_f",
                ["output"] = "lm_head",
                ["blk.{0}.attn_norm"] = "transformer.h.{0}.ln_1",
                ["blk.{0}.attn_qkv"] = "transformer.h.{0}.attn.c_attn",
                ["blk.{0}.attn_output"] = "transformer.h.{0}.attn.c_proj",
                ["blk.{0}.ffn_norm"] = "transformer.h.{0}.ln_2",
                ["blk.{0}.ffn_up"] = "transformer.h.{0}.mlp.c_fc",
                ["blk.{0}.ffn_down"] = "transformer.h.{0}.mlp.c_proj",
            },
            IsTransposed: true),
    ];

    /// <summary>What Hugging Face calls a tensor; null where it has none of the kind.</summary>
    public string? NameOf(string tensor)
    {
        var end = tensor.LastIndexOf('.');
        if (end < 0 || tensor[end..] is not (".weight" or ".bias"))
            return null;
        var (name, block) = (tensor[..end], "");
        if (name.Split('.') is ["blk", var number, var part] && number.Length > 0 && number.All(char.IsAsciiDigit))
            (name, block) = ($"blk.{{0}}.{part}", number);
        return Tensors.TryGetValue(name, out var known) ? known.Replace("{0}", block, StringComparison.Ordinal) + tensor[end..] : null;
    }
}
