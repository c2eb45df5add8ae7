namespace Cambium.Models;

/// <summary>Grouped-query attention with rotary position embedding and biases on query, key and value. The later layers can have a window.</summary>
[Block]
[Expects("use_mrope", "false")]
public sealed partial class Qwen2Attention
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = nameof(Heads))]
    public partial int KvHeads { get; }

    [Dim("head_dim", Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

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

    [Weight("q_proj.bias", "Heads * HeadDim")]
    public partial Tensor QBias { get; }

    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("k_proj.bias", "KvHeads * HeadDim")]
    public partial Tensor KBias { get; }

    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("v_proj.bias", "KvHeads * HeadDim")]
    public partial Tensor VBias { get; }

    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    public Tensor Forward(Tensor x)
    {
        var q = Rotate(Reshape(Linear(x, Q, QBias), Heads, HeadDim), Rotary);
        var k = Rotate(Reshape(Linear(x, K, KBias), KvHeads, HeadDim), Rotary);
        var v = Reshape(Linear(x, V, VBias), KvHeads, HeadDim);
        var isLocal = LayerTypes[Layer] == LayerType.Unstated ? Layer >= FirstWithWindow : LayerTypes[Layer] == LayerType.SlidingAttention;
        return Linear(Reshape(Attend(q, k, v, window: HasWindow && isLocal ? Window : 0), Heads * HeadDim), Output);
    }
}
