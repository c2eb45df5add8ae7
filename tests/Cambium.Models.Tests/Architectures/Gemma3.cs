namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// The text model of Gemma 3 (Gemma team 2025): norms over queries and keys; layers with a window have a rotary embedding of their own.
/// </summary>
[Model("Gemma3ForCausalLM")]
public sealed partial class Gemma3 : GemmaDecoder
{
    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<Gemma3Block> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}

/// <summary>One layer of <see cref="Gemma3"/>: a norm before and after attention and MLP, as in <see cref="Gemma2Block"/>.</summary>
[Block]
[Expects("hidden_activation", "gelu_pytorch_tanh")]
public sealed partial class Gemma3Block
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("intermediate_size")] public partial int Intermediate { get; }
    [Option("rms_norm_eps", Default = 1e-6f)] public partial float Epsilon { get; }
    [Block("self_attn")] public partial Gemma3Attention Attention { get; }
    [Weight("input_layernorm.weight", "Hidden")] public partial Tensor BeforeAttention { get; }
    [Weight("post_attention_layernorm.weight", "Hidden")] public partial Tensor AfterAttention { get; }
    [Weight("pre_feedforward_layernorm.weight", "Hidden")] public partial Tensor BeforeMlp { get; }
    [Weight("post_feedforward_layernorm.weight", "Hidden")] public partial Tensor AfterMlp { get; }
    [Weight("mlp.gate_proj.weight", "Intermediate, Hidden")] public partial Tensor Gate { get; }
    [Weight("mlp.up_proj.weight", "Intermediate, Hidden")] public partial Tensor Up { get; }
    [Weight("mlp.down_proj.weight", "Hidden, Intermediate")] public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        x += Norm(Attention.Forward(Norm(x, BeforeAttention)), AfterAttention);
        return x + Norm(Mlp(Norm(x, BeforeMlp)), AfterMlp);
    }

    private Tensor Norm(Tensor x, Tensor gain) => RmsNorm(x, 1 + gain, Epsilon);

    private Tensor Mlp(Tensor h) => Linear(GeluTanh(Linear(h, Gate)) * Linear(h, Up), Down);
}

/// <summary>
/// Attention of <see cref="Gemma3"/>. Older configs have a pattern instead of layer types: for example, every sixth layer has no window.
/// </summary>
[Block]
[Expects("attention_bias", "false")]
[Expects("use_bidirectional_attention", "false")]
public sealed partial class Gemma3Attention
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_attention_heads")] public partial int Heads { get; }
    [Dim("num_key_value_heads")] public partial int KvHeads { get; }
    [Dim("head_dim", Default = "256")] public partial int HeadDim { get; }
    [Option("rms_norm_eps", Default = 1e-6f)] public partial float Epsilon { get; }
    [Option("rope_parameters.full_attention", Default = nameof(HeadDim))] public partial Rotary Rotary { get; }
    [Option("rope_parameters.sliding_attention|rope_local_base_freq", Default = nameof(HeadDim))] public partial Rotary LocalRotary { get; }
    [Option("query_pre_attn_scalar", Default = 256f)] public partial float QueryScalar { get; }
    [Option("sliding_window", Default = 4096)] public partial int Window { get; }
    [Option("sliding_window_pattern", Default = 6)] public partial int Pattern { get; }
    [Option("layer_types", Default = "")] public partial string[] LayerTypes { get; }
    [StackIndex] public partial int Layer { get; }
    [Weight("q_proj.weight", "Heads * HeadDim, Hidden")] public partial Tensor Q { get; }
    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")] public partial Tensor K { get; }
    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")] public partial Tensor V { get; }
    [Weight("q_norm.weight", "HeadDim")] public partial Tensor QGain { get; }
    [Weight("k_norm.weight", "HeadDim")] public partial Tensor KGain { get; }
    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")] public partial Tensor Output { get; }

    public Tensor Forward(Tensor x)
    {
        var local = LayerTypes[Layer] == "" ? (Layer + 1) % Pattern != 0 : LayerTypes[Layer] == "sliding_attention";
        var q = RmsNorm(Reshape(Linear(x, Q), Heads, HeadDim), 1 + QGain, Epsilon);
        var k = RmsNorm(Reshape(Linear(x, K), KvHeads, HeadDim), 1 + KGain, Epsilon);
        (q, k) = local ? (Rotate(q, LocalRotary), Rotate(k, LocalRotary)) : (Rotate(q, Rotary), Rotate(k, Rotary));
        var v = Reshape(Linear(x, V), KvHeads, HeadDim);
        var attended = Attend(q, k, v, window: local ? Window : 0, scale: Rsqrt(QueryScalar));
        return Linear(Reshape(attended, Heads * HeadDim), Output);
    }
}
