namespace Cambium.Models.Tests.Architectures;

/// <summary>StableLM 2 1.6B and 3B (Bellagente et al. 2024): Llama with layer norms and rotation of a part of each head.</summary>
[Model("StableLmForCausalLM")]
public sealed partial class StableLm : CausalDecoder
{
    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("model.norm.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<StableLmBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }

    protected override Tensor FinalNorm(Tensor x) => LayerNorm(x, Norm, NormBias, Epsilon);
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
