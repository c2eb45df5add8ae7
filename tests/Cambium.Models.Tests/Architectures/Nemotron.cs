namespace Cambium.Models.Tests.Architectures;

/// <summary>Nemotron 4 (Parmar et al. 2024): squared ReLU, layer norms whose weights are stored minus one, rotation of a part of each head.</summary>
[Model("NemotronForCausalLM")]
public sealed partial class Nemotron : CausalDecoder
{
    [Option("norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("model.norm.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<NemotronBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }

    protected override Tensor FinalNorm(Tensor x) => LayerNorm(x, 1 + Norm, NormBias, Epsilon);
}

/// <summary>One layer of <see cref="Nemotron"/>.</summary>
[Block]
[Expects("hidden_act", "relu2")]
[Expects("attention_bias", "false")]
[Expects("mlp_bias", "false")]
public sealed partial class NemotronBlock
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("intermediate_size")]
    public partial int Intermediate { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = nameof(Heads))]
    public partial int KvHeads { get; }

    [Dim("head_dim", Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option("norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor AttentionGain { get; }

    [Weight("input_layernorm.bias", "Hidden")]
    public partial Tensor AttentionShift { get; }

    [Weight("self_attn.q_proj.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("self_attn.k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("self_attn.v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("self_attn.o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor MlpGain { get; }

    [Weight("post_attention_layernorm.bias", "Hidden")]
    public partial Tensor MlpShift { get; }

    [Weight("mlp.up_proj.weight", "Intermediate, Hidden")]
    public partial Tensor Up { get; }

    [Weight("mlp.down_proj.weight", "Hidden, Intermediate")]
    public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention(LayerNorm(x, 1 + AttentionGain, AttentionShift, Epsilon));
        return x + Linear(Square(Relu(Linear(LayerNorm(x, 1 + MlpGain, MlpShift, Epsilon), Up))), Down);
    }

    private Tensor Attention(Tensor h)
    {
        var q = Rotate(Reshape(Linear(h, Q), Heads, HeadDim), Rotary);
        var k = Rotate(Reshape(Linear(h, K), KvHeads, HeadDim), Rotary);
        return Linear(Reshape(Attend(q, k, Reshape(Linear(h, V), KvHeads, HeadDim)), Heads * HeadDim), Output);
    }
}
