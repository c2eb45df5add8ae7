namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// OLMo 2 (Walsh et al. 2024): norms after attention and MLP instead of before them, and norms over the whole rows of query and key.
/// </summary>
[Model("Olmo2ForCausalLM")]
public sealed partial class Olmo2 : CausalDecoder
{
    [Option("rms_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<Olmo2Block> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }

    protected override Tensor FinalNorm(Tensor x) => RmsNorm(x, Norm, Epsilon);
}

/// <summary>One layer of <see cref="Olmo2"/>, with the gated MLP of Llama.</summary>
[Block]
public sealed partial class Olmo2Block
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Option("rms_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Block("self_attn")]
    public partial Olmo2Attention Attention { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Block("mlp")]
    public partial LlamaMlp Mlp { get; }

    [Weight("post_feedforward_layernorm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    public Tensor Forward(Tensor x)
    {
        x += RmsNorm(Attention.Forward(x), AttentionNorm, Epsilon);
        return x + RmsNorm(Mlp.Forward(x), MlpNorm, Epsilon);
    }
}

/// <summary>Attention of <see cref="Olmo2"/>.</summary>
[Block]
[Expects("attention_bias", "false")]
public sealed partial class Olmo2Attention
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = nameof(Heads))]
    public partial int KvHeads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option("rms_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Weight("q_proj.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("q_norm.weight", "Heads * HeadDim")]
    public partial Tensor QNorm { get; }

    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("k_norm.weight", "KvHeads * HeadDim")]
    public partial Tensor KNorm { get; }

    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    public Tensor Forward(Tensor x)
    {
        var q = Reshape(RmsNorm(Linear(x, Q), QNorm, Epsilon), Heads, HeadDim);
        var k = Reshape(RmsNorm(Linear(x, K), KNorm, Epsilon), KvHeads, HeadDim);
        var v = Reshape(Linear(x, V), KvHeads, HeadDim);
        return Linear(Reshape(Attend(Rotate(q, Rotary), Rotate(k, Rotary), v), Heads * HeadDim), Output);
    }
}
