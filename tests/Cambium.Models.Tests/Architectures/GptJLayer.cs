namespace Cambium.Models.Tests.Architectures;

/// <summary>One layer of GPT-J or CodeGen. A class that extends it declares the projections to query, key and value.</summary>
[Block]
[Expects("activation_function", "gelu_new")]
public abstract partial class GptJLayer
{
    [Dim("n_embd")]
    public partial int Hidden { get; }

    [Dim("n_head")]
    public partial int Heads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Dim("rotary_dim", Default = nameof(HeadDim))]
    public partial int RotatedDim { get; }

    [Dim("n_inner", Default = "4 * Hidden")]
    public partial int Inner { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option(Default = nameof(RotatedDim))]
    public partial Rotary Rotary { get; }

    [Weight("ln_1.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("ln_1.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("attn.out_proj.weight", "Hidden, Hidden")]
    public partial Tensor Output { get; }

    [Weight("mlp.fc_in.weight", "Inner, Hidden")]
    public partial Tensor Up { get; }

    [Weight("mlp.fc_in.bias", "Inner")]
    public partial Tensor UpBias { get; }

    [Weight("mlp.fc_out.weight", "Hidden, Inner")]
    public partial Tensor Down { get; }

    [Weight("mlp.fc_out.bias", "Hidden")]
    public partial Tensor DownBias { get; }

    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, Norm, NormBias, Epsilon);
        return x + Attention(h) + Linear(GeluTanh(Linear(h, Up, UpBias)), Down, DownBias);
    }

    /// <summary>Query, key and value of the rows, [T, Heads, HeadDim] each.</summary>
    /// <param name="h">[T, Hidden], after the norm.</param>
    protected abstract (Tensor Q, Tensor K, Tensor V) Project(Tensor h);

    private Tensor Attention(Tensor h)
    {
        var (q, k, v) = Project(h);
        var attended = Attend(Rotate(q, Rotary, interleaved: true), Rotate(k, Rotary, interleaved: true), v);
        return Linear(Reshape(attended, Hidden), Output);
    }
}
