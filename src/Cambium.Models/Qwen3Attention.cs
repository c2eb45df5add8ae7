namespace Cambium.Models;

/// <summary>Grouped-query attention with a norm over each head of query and key before the rotation. The later layers can have a window.</summary>
[Block]
[Expects("attention_bias", "false")]
public sealed partial class Qwen3Attention
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = nameof(Heads))]
    public partial int KvHeads { get; }

    [Dim("head_dim", Default = "128")]
    public partial int HeadDim { get; }

    [Option("rms_norm_eps", Default = 1e-6f)]
    public partial float Epsilon { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [StackIndex]
    public partial int Layer { get; }

    [Option("use_sliding_window", Default = false)]
    public partial bool HasWindow { get; }

    [Option("sliding_window", Default = 4096)]
    public partial int Window { get; }

    [Option("layer_types", Default = LayerType.Unstated)]
    public partial LayerType[] LayerTypes { get; }

    // Without layer types, layers before this one have no window.
    [Option("max_window_layers", Default = 28)]
    public partial int FirstWithWindow { get; }

    [Weight("q_proj.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("q_norm.weight", "HeadDim")]
    public partial Tensor QNorm { get; }

    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("k_norm.weight", "HeadDim")]
    public partial Tensor KNorm { get; }

    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    public Tensor Forward(Tensor x)
    {
        var q = Rotate(RmsNorm(Reshape(Linear(x, Q), Heads, HeadDim), QNorm, Epsilon), Rotary);
        var k = Rotate(RmsNorm(Reshape(Linear(x, K), KvHeads, HeadDim), KNorm, Epsilon), Rotary);
        var v = Reshape(Linear(x, V), KvHeads, HeadDim);
        var isLocal = LayerTypes[Layer] == LayerType.Unstated ? Layer >= FirstWithWindow : LayerTypes[Layer] == LayerType.SlidingAttention;
        return Linear(Reshape(Attend(q, k, v, window: HasWindow && isLocal ? Window : 0), Heads * HeadDim), Output);
    }
}
