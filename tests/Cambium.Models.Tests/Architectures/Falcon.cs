namespace Cambium.Models.Tests.Architectures;

/// <summary>Falcon 7B (TII 2023): multi-query attention, attention and MLP in parallel after one norm.</summary>
[Model("FalconForCausalLM")]
public sealed partial class Falcon : FalconDecoder
{
    [Blocks("transformer.h.{i}", Count = nameof(Layers))]
    public partial BlockStack<FalconBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}

/// <summary>One layer of <see cref="Falcon"/>.</summary>
[Block]
[Expects("new_decoder_architecture", "false")]
[Expects("multi_query", "true")]
[Expects("parallel_attn", "true")]
[Expects("alibi", "false")]
[Expects("bias", "false")]
public sealed partial class FalconBlock
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads|n_head")]
    public partial int Heads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Dim("ffn_hidden_size", Default = "4 * Hidden")]
    public partial int Inner { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("input_layernorm.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("self_attention.query_key_value.weight", "(Heads + 2) * HeadDim, Hidden")]
    public partial Tensor Qkv { get; }

    [Weight("self_attention.dense.weight", "Hidden, Hidden")]
    public partial Tensor Output { get; }

    [Weight("mlp.dense_h_to_4h.weight", "Inner, Hidden")]
    public partial Tensor Up { get; }

    [Weight("mlp.dense_4h_to_h.weight", "Hidden, Inner")]
    public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, Norm, NormBias, Epsilon);
        return x + Attention(h) + Mlp(h);
    }

    private Tensor Attention(Tensor h)
    {
        var heads = Reshape(Linear(h, Qkv), (Heads + 2) * HeadDim);
        var q = Reshape(Slice(heads, 0, Hidden), Heads, HeadDim);
        var k = Reshape(Slice(heads, Hidden, HeadDim), 1, HeadDim);
        var v = Reshape(Slice(heads, Hidden + HeadDim, HeadDim), 1, HeadDim);
        return Linear(Reshape(Attend(Rotate(q, Rotary), Rotate(k, Rotary), v), Hidden), Output);
    }

    private Tensor Mlp(Tensor h) => Linear(Gelu(Linear(h, Up)), Down);
}
