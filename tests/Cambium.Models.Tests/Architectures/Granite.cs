namespace Cambium.Models.Tests.Architectures;

/// <summary>Granite 3 (IBM 2024): Llama with four multipliers from the config.</summary>
[Model("GraniteForCausalLM")]
public sealed partial class Granite : RmsNormDecoder
{
    [Option("embedding_multiplier", Default = 1f)]
    public partial float EmbeddingMultiplier { get; }

    [Option("logits_scaling", Default = 1f)]
    public partial float LogitsScaling { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<GraniteBlock> Blocks { get; }

    protected override Tensor Embed(Tokens tokens) => EmbeddingMultiplier * base.Embed(tokens);

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }

    protected override Tensor Output(Tensor x) => base.Output(x) / LogitsScaling;
}

/// <summary>One layer of <see cref="Granite"/>.</summary>
[Block]
public sealed partial class GraniteBlock
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Option("rms_norm_eps", Default = 1e-6f)]
    public partial float Epsilon { get; }

    [Option("residual_multiplier", Default = 1f)]
    public partial float Residual { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Block("self_attn")]
    public partial GraniteAttention Attention { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Block("mlp")]
    public partial LlamaMlp Mlp { get; }

    public Tensor Forward(Tensor x)
    {
        x += Residual * Attention.Forward(RmsNorm(x, AttentionNorm, Epsilon));
        return x + Residual * Mlp.Forward(RmsNorm(x, MlpNorm, Epsilon));
    }
}

/// <summary>Attention of <see cref="Granite"/>.</summary>
[Block]
public sealed partial class GraniteAttention
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = nameof(Heads))]
    public partial int KvHeads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Option("attention_multiplier", Default = 1f)]
    public partial float Scale { get; }

    [Option("attention_bias", Default = false)]
    public partial bool HasBias { get; }

    [Weight("q_proj.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("q_proj.bias", "Heads * HeadDim", When = nameof(HasBias))]
    public partial Tensor QBias { get; }

    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("k_proj.bias", "KvHeads * HeadDim", When = nameof(HasBias))]
    public partial Tensor KBias { get; }

    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("v_proj.bias", "KvHeads * HeadDim", When = nameof(HasBias))]
    public partial Tensor VBias { get; }

    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    [Weight("o_proj.bias", "Hidden", When = nameof(HasBias))]
    public partial Tensor OutputBias { get; }

    public Tensor Forward(Tensor h)
    {
        var q = Rotate(Reshape(Linear(h, Q, QBias), Heads, HeadDim), Rotary);
        var k = Rotate(Reshape(Linear(h, K, KBias), KvHeads, HeadDim), Rotary);
        var v = Reshape(Linear(h, V, VBias), KvHeads, HeadDim);
        return Linear(Reshape(Attend(q, k, v, scale: Scale), Heads * HeadDim), Output, OutputBias);
    }
}
