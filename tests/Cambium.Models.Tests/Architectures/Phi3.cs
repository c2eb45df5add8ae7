namespace Cambium.Models.Tests.Architectures;

/// <summary>Phi-3 (Abdin et al. 2024): Llama with query, key and value in one matrix, and gate and up projection in another.</summary>
[Model("Phi3ForCausalLM")]
public sealed partial class Phi3 : CausalDecoder
{
    [Option("rms_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<Phi3Block> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }

    protected override Tensor FinalNorm(Tensor x) => RmsNorm(x, Norm, Epsilon);
}

/// <summary>One layer of <see cref="Phi3"/>.</summary>
[Block]
[Expects("hidden_act", "silu")]
public sealed partial class Phi3Block
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("intermediate_size")]
    public partial int Intermediate { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = nameof(Heads))]
    public partial int KvHeads { get; }

    [Dim("head_dim", Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option("rms_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Option("sliding_window", Default = 0)]
    public partial int Window { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Weight("self_attn.qkv_proj.weight", "(Heads + 2 * KvHeads) * HeadDim, Hidden")]
    public partial Tensor Qkv { get; }

    [Weight("self_attn.o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }

    [Weight("mlp.gate_up_proj.weight", "2 * Intermediate, Hidden")]
    public partial Tensor GateUp { get; }

    [Weight("mlp.down_proj.weight", "Hidden, Intermediate")]
    public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention(RmsNorm(x, AttentionNorm, Epsilon));
        return x + Mlp(RmsNorm(x, MlpNorm, Epsilon));
    }

    private Tensor Attention(Tensor h)
    {
        var qkv = Linear(h, Qkv);
        var q = Reshape(Slice(qkv, 0, Heads * HeadDim), Heads, HeadDim);
        var k = Reshape(Slice(qkv, Heads * HeadDim, KvHeads * HeadDim), KvHeads, HeadDim);
        var v = Reshape(Slice(qkv, (Heads + KvHeads) * HeadDim, KvHeads * HeadDim), KvHeads, HeadDim);
        var attended = Attend(Rotate(q, Rotary), Rotate(k, Rotary), v, window: Window);
        return Linear(Reshape(attended, Heads * HeadDim), Output);
    }

    private Tensor Mlp(Tensor h)
    {
        var both = Linear(h, GateUp);
        return Linear(Silu(Slice(both, 0, Intermediate)) * Slice(both, Intermediate, Intermediate), Down);
    }
}
