namespace Cambium.Models;

/// <summary>
/// One layer of the Llama family: attention, then a gated MLP, each with a norm before it and a residual connection. A class that extends it
/// declares the attention.
/// </summary>
[Block]
public abstract partial class LlamaLayer
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Option("rms_norm_eps", Default = 1e-6f)]
    public partial float Epsilon { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Block("mlp")]
    public partial LlamaMlp Mlp { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attended(RmsNorm(x, AttentionNorm, Epsilon));
        return x + Mlp.Forward(RmsNorm(x, MlpNorm, Epsilon));
    }

    /// <summary>The result of attention, before the residual connection.</summary>
    /// <param name="h">[T, Hidden], after the norm.</param>
    /// <returns>[T, Hidden].</returns>
    protected abstract Tensor Attended(Tensor h);
}
