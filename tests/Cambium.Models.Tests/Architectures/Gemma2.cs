namespace Cambium.Models.Tests.Architectures;

/// <summary>Gemma 2 (Gemma team 2024): norms before and after attention and MLP, capped scores and logits, a window in every second layer.</summary>
[Model("Gemma2ForCausalLM")]
public sealed partial class Gemma2 : GemmaDecoder
{
    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<Gemma2Block> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}

/// <summary>One layer of <see cref="Gemma2"/>: a norm before and after attention and MLP. The weights of the norms are stored minus one.</summary>
[Block]
[Expects("hidden_activation", "gelu_pytorch_tanh")]
public sealed partial class Gemma2Block
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("intermediate_size")]
    public partial int Intermediate { get; }

    [Option("rms_norm_eps", Default = 1e-6f)]
    public partial float Epsilon { get; }

    [Block("self_attn")]
    public partial Gemma2Attention Attention { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor BeforeAttention { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor AfterAttention { get; }

    [Weight("pre_feedforward_layernorm.weight", "Hidden")]
    public partial Tensor BeforeMlp { get; }

    [Weight("post_feedforward_layernorm.weight", "Hidden")]
    public partial Tensor AfterMlp { get; }

    [Weight("mlp.gate_proj.weight", "Intermediate, Hidden")]
    public partial Tensor Gate { get; }

    [Weight("mlp.up_proj.weight", "Intermediate, Hidden")]
    public partial Tensor Up { get; }

    [Weight("mlp.down_proj.weight", "Hidden, Intermediate")]
    public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        x += Norm(Attention.Forward(Norm(x, BeforeAttention)), AfterAttention);
        return x + Norm(Mlp(Norm(x, BeforeMlp)), AfterMlp);
    }

    private Tensor Norm(Tensor x, Tensor gain) => RmsNorm(x, 1 + gain, Epsilon);

    private Tensor Mlp(Tensor h) => Linear(GeluTanh(Linear(h, Gate)) * Linear(h, Up), Down);
}

/// <summary>Attention of <see cref="Gemma2"/>. Layers 0, 2, 4 .. have a window, as in all checkpoints of the family.</summary>
[Block]
[Expects("attention_bias", "false")]
public sealed partial class Gemma2Attention
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads")]
    public partial int KvHeads { get; }

    [Dim("head_dim", Default = "256")]
    public partial int HeadDim { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Option("query_pre_attn_scalar", Default = 256f)]
    public partial float QueryScalar { get; }

    [Option("attn_logit_softcapping", Default = 0f)]
    public partial float Cap { get; }

    [Option("sliding_window", Default = 0)]
    public partial int Window { get; }

    [StackIndex]
    public partial int Layer { get; }

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
        var attended = Attend(
            q,
            k,
            v,
            window: Layer % 2 == 0 ? Window : 0,
            scale: Rsqrt(QueryScalar),
            score: (s, _) => Cap > 0 ? Cap * Tanh(s / Cap) : s);
        return Linear(Reshape(attended, Heads * HeadDim), Output);
    }
}
