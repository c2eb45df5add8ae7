namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// Falcon 40B and 180B (TII 2023): grouped-query attention whose matrix holds each group of queries with its key and value, and a norm each for
/// attention and MLP.
/// </summary>
[Model("FalconForCausalLM")]
public sealed partial class FalconNew : FalconDecoder
{
    [Blocks("transformer.h.{i}", Count = nameof(Layers))]
    public partial BlockStack<FalconNewBlock> Blocks { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var block in Blocks)
            x = block.Forward(x);
        return x;
    }
}

/// <summary>One layer of <see cref="FalconNew"/>.</summary>
[Block]
[Expects("new_decoder_architecture", "true")]
[Expects("parallel_attn", "true")]
[Expects("alibi", "false")]
[Expects("bias", "false")]
public sealed partial class FalconNewBlock
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads|n_head")]
    public partial int Heads { get; }

    [Dim("num_kv_heads|n_head_kv")]
    public partial int KvHeads { get; }

    [Dim(Default = "Heads / KvHeads")]
    public partial int Group { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Dim("ffn_hidden_size", Default = "4 * Hidden")]
    public partial int Inner { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Weight("ln_attn.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Weight("ln_attn.bias", "Hidden")]
    public partial Tensor AttentionNormBias { get; }

    [Weight("ln_mlp.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Weight("ln_mlp.bias", "Hidden")]
    public partial Tensor MlpNormBias { get; }

    [Weight("self_attention.query_key_value.weight", "KvHeads * (Group + 2) * HeadDim, Hidden")]
    public partial Tensor Qkv { get; }

    [Weight("self_attention.dense.weight", "Hidden, Hidden")]
    public partial Tensor Output { get; }

    [Weight("mlp.dense_h_to_4h.weight", "Inner, Hidden")]
    public partial Tensor Up { get; }

    [Weight("mlp.dense_4h_to_h.weight", "Hidden, Inner")]
    public partial Tensor Down { get; }

    public Tensor Forward(Tensor x) =>
        x + Attention(LayerNorm(x, AttentionNorm, AttentionNormBias, Epsilon)) + Mlp(LayerNorm(x, MlpNorm, MlpNormBias, Epsilon));

    private Tensor Attention(Tensor h)
    {
        var groups = Reshape(Linear(h, Qkv), KvHeads, (Group + 2) * HeadDim);
        var q = Reshape(Slice(groups, 0, Group * HeadDim), Heads, HeadDim);
        var k = Slice(groups, Group * HeadDim, HeadDim);
        var v = Slice(groups, (Group + 1) * HeadDim, HeadDim);
        return Linear(Reshape(Attend(Rotate(q, Rotary), Rotate(k, Rotary), v), Hidden), Output);
    }

    private Tensor Mlp(Tensor h) => Linear(Gelu(Linear(h, Up)), Down);
}
