namespace Cambium.Models.Tests.Architectures;

/// <summary>Command R (Cohere 2024): interleaved rotation, layer norms without biases, attention and MLP in parallel, scaled logits.</summary>
[Model("CohereForCausalLM")]
public sealed partial class Cohere : CausalDecoder
{
    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option("logit_scale", Default = 0.0625f)]
    public partial float LogitScale { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<CohereBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }

    protected override Tensor FinalNorm(Tensor x) => LayerNorm(x, Norm, Epsilon);

    protected override Tensor Output(Tensor x) => LogitScale * base.Output(x);
}

/// <summary>One layer of <see cref="Cohere"/>.</summary>
[Block]
public sealed partial class CohereBlock
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Block("self_attn")]
    public partial CohereAttention Attention { get; }

    [Block("mlp")]
    public partial LlamaMlp Mlp { get; }

    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, Norm, Epsilon);
        return x + Attention.Forward(h) + Mlp.Forward(h);
    }
}

/// <summary>Attention of <see cref="Cohere"/>. With norms over query and key, each head has its own weight.</summary>
[Block]
[Expects("attention_bias", "false")]
public sealed partial class CohereAttention
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

    [Option("use_qk_norm", Default = false)]
    public partial bool HasNorm { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Weight("q_proj.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("q_norm.weight", "Heads, HeadDim", When = nameof(HasNorm))]
    public partial Tensor QNorm { get; }

    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("k_norm.weight", "KvHeads, HeadDim", When = nameof(HasNorm))]
    public partial Tensor KNorm { get; }

    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    public Tensor Forward(Tensor h)
    {
        var q = Reshape(Linear(h, Q), Heads, HeadDim);
        var k = Reshape(Linear(h, K), KvHeads, HeadDim);
        var v = Reshape(Linear(h, V), KvHeads, HeadDim);
        if (HasNorm)
        {
            q = LayerNorm(q, Epsilon) * QNorm;
            k = LayerNorm(k, Epsilon) * KNorm;
        }

        var attended = Attend(Rotate(q, Rotary, interleaved: true), Rotate(k, Rotary, interleaved: true), v);
        return Linear(Reshape(attended, Heads * HeadDim), Output);
    }
}
