namespace Cambium.Models;

/// <summary>One layer of <see cref="Gpt2"/>. Its matrices are stored as [in, out], and one matrix holds query, key and value.</summary>
[Block]
[Expects("scale_attn_weights", "true")]
[Expects("scale_attn_by_inverse_layer_idx", "false")]
[Expects("add_cross_attention", "false")]
public sealed partial class Gpt2Block
{
    [Dim("n_embd")]
    public partial int Hidden { get; }

    [Dim("n_head")]
    public partial int Heads { get; }

    [Dim("n_inner", Default = "4 * Hidden")]
    public partial int Inner { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option("activation_function", Default = Activation.GeluTanh)]
    public partial Activation Activation { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("ln_1.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Weight("ln_1.bias", "Hidden")]
    public partial Tensor AttentionNormBias { get; }

    [Weight("attn.c_attn.weight", "3 * Hidden, Hidden", Transposed = true)]
    public partial Tensor Qkv { get; }

    [Weight("attn.c_attn.bias", "3 * Hidden")]
    public partial Tensor QkvBias { get; }

    [Weight("attn.c_proj.weight", "Hidden, Hidden", Transposed = true)]
    public partial Tensor Output { get; }

    [Weight("attn.c_proj.bias", "Hidden")]
    public partial Tensor OutputBias { get; }

    [Weight("ln_2.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Weight("ln_2.bias", "Hidden")]
    public partial Tensor MlpNormBias { get; }

    [Weight("mlp.c_fc.weight", "Inner, Hidden", Transposed = true)]
    public partial Tensor Up { get; }

    [Weight("mlp.c_fc.bias", "Inner")]
    public partial Tensor UpBias { get; }

    [Weight("mlp.c_proj.weight", "Hidden, Inner", Transposed = true)]
    public partial Tensor Down { get; }

    [Weight("mlp.c_proj.bias", "Hidden")]
    public partial Tensor DownBias { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention(LayerNorm(x, AttentionNorm, AttentionNormBias, Epsilon));
        var h = LayerNorm(x, MlpNorm, MlpNormBias, Epsilon);
        return x + Linear(Activated(Linear(h, Up, UpBias)), Down, DownBias);
    }

    private Tensor Activated(Tensor h) =>
        Activation == Activation.GeluTanh ? GeluTanh(h)
        : Activation == Activation.Gelu ? Gelu(h)
        : Activation == Activation.Relu ? Relu(h)
        : Silu(h);

    private Tensor Attention(Tensor h)
    {
        var qkv = Linear(h, Qkv, QkvBias);
        var q = Reshape(Slice(qkv, 0, Hidden), Heads, HeadDim);
        var k = Reshape(Slice(qkv, Hidden, Hidden), Heads, HeadDim);
        var v = Reshape(Slice(qkv, 2 * Hidden, Hidden), Heads, HeadDim);
        return Linear(Reshape(Attend(q, k, v), Hidden), Output, OutputBias);
    }
}
