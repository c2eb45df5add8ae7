namespace Cambium.Models;

/// <summary>Grouped-query attention with rotary position embedding, and with biases and a sliding window if the config has them.</summary>
[Block]
public sealed partial class LlamaAttention
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

    // Absent or null: no window.
    [Option("sliding_window", Default = 0)]
    public partial int Window { get; }

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

    public Tensor Forward(Tensor x)
    {
        var q = Rotate(Reshape(Linear(x, Q, QBias), Heads, HeadDim), Rotary);
        var k = Rotate(Reshape(Linear(x, K, KBias), KvHeads, HeadDim), Rotary);
        var v = Reshape(Linear(x, V, VBias), KvHeads, HeadDim);
        var attended = Attend(q, k, v, window: Window);
        return Linear(Reshape(attended, Heads * HeadDim), Output, OutputBias);
    }
}
