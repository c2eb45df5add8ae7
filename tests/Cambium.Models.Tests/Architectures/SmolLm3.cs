namespace Cambium.Models.Tests.Architectures;

/// <summary>SmolLM3 (Bakouch et al. 2025): Llama without position embedding in some of the layers (NoPE, Kazemnejad et al. 2023).</summary>
[Model("SmolLM3ForCausalLM")]
public sealed partial class SmolLm3 : RmsNormDecoder
{
    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<SmolLm3Layer> Stack { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var layer in Stack)
            x = layer.Forward(x);
        return x;
    }
}

/// <summary>One layer of <see cref="SmolLm3"/>. Layers with 0 in <c>no_rope_layers</c> have no rotation.</summary>
[Block]
[Expects("attention_bias", "false")]
public sealed partial class SmolLm3Layer
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_attention_heads")] public partial int Heads { get; }
    [Dim("num_key_value_heads", Default = nameof(Heads))] public partial int KvHeads { get; }
    [Dim("head_dim", Default = "Hidden / Heads")] public partial int HeadDim { get; }
    [Option("rms_norm_eps", Default = 1e-6f)] public partial float Epsilon { get; }
    [Option(Default = nameof(HeadDim))] public partial Rotary Rotary { get; }
    [Option("no_rope_layers", Default = 1)] public partial int[] RotatedDim { get; }
    [Option("use_sliding_window", Default = false)] public partial bool Windows { get; }
    [Option("sliding_window", Default = 0)] public partial int Window { get; }
    [Option("layer_types", Default = "full_attention")] public partial string[] LayerTypes { get; }
    [StackIndex] public partial int Layer { get; }
    [Block("mlp")] public partial LlamaMlp Mlp { get; }
    [Weight("input_layernorm.weight", "Hidden")] public partial Tensor AttentionNorm { get; }
    [Weight("post_attention_layernorm.weight", "Hidden")] public partial Tensor MlpNorm { get; }
    [Weight("self_attn.q_proj.weight", "Heads * HeadDim, Hidden")] public partial Tensor Q { get; }
    [Weight("self_attn.k_proj.weight", "KvHeads * HeadDim, Hidden")] public partial Tensor K { get; }
    [Weight("self_attn.v_proj.weight", "KvHeads * HeadDim, Hidden")] public partial Tensor V { get; }
    [Weight("self_attn.o_proj.weight", "Hidden, Heads * HeadDim")] public partial Tensor Output { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention(RmsNorm(x, AttentionNorm, Epsilon));
        return x + Mlp.Forward(RmsNorm(x, MlpNorm, Epsilon));
    }

    private Tensor Attention(Tensor h)
    {
        var q = Reshape(Linear(h, Q), Heads, HeadDim);
        var k = Reshape(Linear(h, K), KvHeads, HeadDim);
        if (RotatedDim[Layer] != 0)
        {
            q = Rotate(q, Rotary);
            k = Rotate(k, Rotary);
        }

        var attended = Attend(
            q,
            k,
            Reshape(Linear(h, V), KvHeads, HeadDim),
            window: Windows && LayerTypes[Layer] == "sliding_attention" ? Window : 0);
        return Linear(Reshape(attended, Heads * HeadDim), Output);
    }
}
