namespace Cambium.Models;

/// <summary>
/// One layer of <see cref="T5Encoder"/>: attention without a scale, then a gated MLP, each with a norm before it and a residual connection.
/// </summary>
[Block]
[Expects("feed_forward_proj", "gated-gelu")]
public sealed partial class T5EncoderBlock
{
    [Dim("d_model")]
    public partial int Hidden { get; }

    [Dim("num_heads")]
    public partial int Heads { get; }

    [Dim("d_kv")]
    public partial int HeadDim { get; }

    [Dim("d_ff")]
    public partial int Inner { get; }

    [Dim("relative_attention_num_buckets", Default = "32")]
    public partial int Buckets { get; }

    [Dim("relative_attention_max_distance", Default = "128")]
    public partial int MaxDistance { get; }

    [Option("layer_norm_epsilon", Default = 1e-6f)]
    public partial float Epsilon { get; }

    [Weight("layer.0.layer_norm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Weight("layer.0.SelfAttention.q.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("layer.0.SelfAttention.k.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("layer.0.SelfAttention.v.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("layer.0.SelfAttention.o.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    [Weight("layer.1.layer_norm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Weight("layer.1.DenseReluDense.wi_0.weight", "Inner, Hidden")]
    public partial Tensor Gate { get; }

    [Weight("layer.1.DenseReluDense.wi_1.weight", "Inner, Hidden")]
    public partial Tensor Up { get; }

    [Weight("layer.1.DenseReluDense.wo.weight", "Hidden, Inner")]
    public partial Tensor Down { get; }

    /// <param name="bias">[Buckets, Heads], added to the scores.</param>
    public Tensor Forward(Tensor x, Tensor bias)
    {
        x += Attention(RmsNorm(x, AttentionNorm, Epsilon), bias);
        var h = RmsNorm(x, MlpNorm, Epsilon);
        return x + Linear(GeluTanh(Linear(h, Gate)) * Linear(h, Up), Down);
    }

    private Tensor Attention(Tensor h, Tensor bias)
    {
        var q = Reshape(Linear(h, Q), Heads, HeadDim);
        var k = Reshape(Linear(h, K), Heads, HeadDim);
        var v = Reshape(Linear(h, V), Heads, HeadDim);
        var attended = Attend(q, k, v, scale: 1, causal: false, score: (s, at) => s + bias[Bucket(at.Key - at.Query), at.Head]);
        return Linear(Reshape(attended, Heads * HeadDim), Output);
    }

    // Each direction has half of the buckets. Of these, each bucket of the first half is for one distance, and the others are for ranges whose size
    // grows logarithmically up to MaxDistance.
    private Score Bucket(Score distance)
    {
        var (side, exact) = (Buckets / 2, Buckets / 4);
        var far = exact + Floor(Log(Abs(distance) / exact) / Log((float)MaxDistance / exact) * (side - exact));
        return Where(Greater(distance, 0), side, 0) + Where(Less(Abs(distance), exact), Abs(distance), Minimum(far, side - 1));
    }
}
