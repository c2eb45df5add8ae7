namespace Cambium.Models;

/// <summary>Grouped-query attention with rotary position embedding in a sliding window.</summary>
[Block]
public sealed partial class MistralAttention
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = "8")]
    public partial int KvHeads { get; }

    [Dim("head_dim", Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    // Null: no window.
    [Option("sliding_window", Default = 4096)]
    public partial int Window { get; }

    [Weight("q_proj.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    public Tensor Forward(Tensor x)
    {
        var q = Rotate(Reshape(Linear(x, Q), Heads, HeadDim), Rotary);
        var k = Rotate(Reshape(Linear(x, K), KvHeads, HeadDim), Rotary);
        var v = Reshape(Linear(x, V), KvHeads, HeadDim);
        return Linear(Reshape(Attend(q, k, v, window: Window), Heads * HeadDim), Output);
    }
}
