namespace Cambium.Models.Tests.Architectures;

/// <summary>Falcon 7B (TII 2023): one key and value head, attention and MLP side by side after one norm.</summary>
[Model("FalconForCausalLM")]
public sealed partial class Falcon
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_hidden_layers|n_layer")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("transformer.word_embeddings.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("transformer.ln_f.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("transformer.ln_f.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    [Blocks("transformer.h.{i}", Count = nameof(Layers))]
    public partial BlockStack<FalconBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(LayerNorm(x, Norm, NormBias, Epsilon), Head);
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
