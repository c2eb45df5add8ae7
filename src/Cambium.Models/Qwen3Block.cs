namespace Cambium.Models;

/// <summary>One layer of <see cref="Qwen3"/>: attention, then the gated MLP, each after a norm and added to what came in.</summary>
[Block]
public sealed partial class Qwen3Block
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Option("rms_norm_eps", Default = 1e-6f)]
    public partial float Epsilon { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Block("self_attn")]
    public partial Qwen3Attention Attention { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Block("mlp")]
    public partial LlamaMlp Mlp { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention.Forward(RmsNorm(x, AttentionNorm, Epsilon));
        return x + Mlp.Forward(RmsNorm(x, MlpNorm, Epsilon));
    }
}
