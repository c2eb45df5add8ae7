namespace Cambium.Models.Tests.Architectures;

/// <summary>StableLM 2 1.6B and 3B (Bellagente et al. 2024): Llama with layer norms, part of each head turned.</summary>
[Model("StableLmForCausalLM")]
public sealed partial class StableLm
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_hidden_layers")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("model.embed_tokens.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("model.norm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("model.norm.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<StableLmBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(LayerNorm(x, Norm, NormBias, Epsilon), Head);
    }
}

/// <summary>One layer of <see cref="StableLm"/>.</summary>
[Block]
[Expects("qk_layernorm", "false")]
[Expects("use_parallel_residual", "false")]
public sealed partial class StableLmBlock
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = nameof(Heads))]
    public partial int KvHeads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option("use_qkv_bias", Default = false)]
    public partial bool HasBias { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Weight("input_layernorm.bias", "Hidden")]
    public partial Tensor AttentionNormBias { get; }

    [Weight("self_attn.q_proj.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("self_attn.q_proj.bias", "Heads * HeadDim", When = nameof(HasBias))]
    public partial Tensor QBias { get; }

    [Weight("self_attn.k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("self_attn.k_proj.bias", "KvHeads * HeadDim", When = nameof(HasBias))]
    public partial Tensor KBias { get; }

    [Weight("self_attn.v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("self_attn.v_proj.bias", "KvHeads * HeadDim", When = nameof(HasBias))]
    public partial Tensor VBias { get; }

    [Weight("self_attn.o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Weight("post_attention_layernorm.bias", "Hidden")]
    public partial Tensor MlpNormBias { get; }

    [Block("mlp")]
    public partial LlamaMlp Mlp { get; }


    public Tensor Forward(Tensor x)
    {
        x += Attention(LayerNorm(x, AttentionNorm, AttentionNormBias, Epsilon));
        return x + Mlp.Forward(LayerNorm(x, MlpNorm, MlpNormBias, Epsilon));
    }

    private Tensor Attention(Tensor h)
    {
        var q = Rotate(Reshape(Linear(h, Q, QBias), Heads, HeadDim), Rotary);
        var k = Rotate(Reshape(Linear(h, K, KBias), KvHeads, HeadDim), Rotary);
        var v = Reshape(Linear(h, V, VBias), KvHeads, HeadDim);
        return Linear(Reshape(Attend(q, k, v), Heads * HeadDim), Output);
    }
}
