namespace Cambium.Models.Tests.Architectures;

/// <summary>BLOOM (BigScience 2022): linear biases on the scores (ALiBi) instead of position embeddings, a norm over the embeddings.</summary>
[Model("BloomForCausalLM")]
public sealed partial class Bloom
{
    [Dim("hidden_size|n_embed")]
    public partial int Hidden { get; }

    [Dim("n_layer|num_hidden_layers")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("transformer.word_embeddings_layernorm.weight", "Hidden")]
    public partial Tensor EmbeddingNorm { get; }

    [Weight("transformer.word_embeddings_layernorm.bias", "Hidden")]
    public partial Tensor EmbeddingNormBias { get; }

    [Weight("transformer.word_embeddings.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("transformer.ln_f.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("transformer.ln_f.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    [Blocks("transformer.h.{i}", Count = nameof(Layers))]
    public partial BlockStack<BloomBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = LayerNorm(Embedding[tokens], EmbeddingNorm, EmbeddingNormBias, Epsilon);
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(LayerNorm(x, Norm, NormBias, Epsilon), Head);
    }
}

/// <summary>One layer of <see cref="Bloom"/>. Its matrix holds query, key and value of each head next to each other.</summary>
[Block]
public sealed partial class BloomBlock
{
    [Dim("hidden_size|n_embed")]
    public partial int Hidden { get; }

    [Dim("n_head|num_attention_heads")]
    public partial int Heads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option("apply_residual_connection_post_layernorm", Default = false)]
    public partial bool KeepsNormed { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Weight("input_layernorm.bias", "Hidden")]
    public partial Tensor AttentionNormBias { get; }

    [Weight("self_attention.query_key_value.weight", "3 * Hidden, Hidden")]
    public partial Tensor Qkv { get; }

    [Weight("self_attention.query_key_value.bias", "3 * Hidden")]
    public partial Tensor QkvBias { get; }

    [Weight("self_attention.dense.weight", "Hidden, Hidden")]
    public partial Tensor Output { get; }

    [Weight("self_attention.dense.bias", "Hidden")]
    public partial Tensor OutputBias { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Weight("post_attention_layernorm.bias", "Hidden")]
    public partial Tensor MlpNormBias { get; }

    [Weight("mlp.dense_h_to_4h.weight", "4 * Hidden, Hidden")]
    public partial Tensor Up { get; }

    [Weight("mlp.dense_h_to_4h.bias", "4 * Hidden")]
    public partial Tensor UpBias { get; }

    [Weight("mlp.dense_4h_to_h.weight", "Hidden, 4 * Hidden")]
    public partial Tensor Down { get; }

    [Weight("mlp.dense_4h_to_h.bias", "Hidden")]
    public partial Tensor DownBias { get; }

    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, AttentionNorm, AttentionNormBias, Epsilon);
        x = (KeepsNormed ? h : x) + Attention(h);
        h = LayerNorm(x, MlpNorm, MlpNormBias, Epsilon);
        return (KeepsNormed ? h : x) + Linear(GeluTanh(Linear(h, Up, UpBias)), Down, DownBias);
    }

    private Tensor Attention(Tensor h)
    {
        var heads = Reshape(Linear(h, Qkv, QkvBias), Heads, 3 * HeadDim);
        var q = Slice(heads, 0, HeadDim);
        var k = Slice(heads, HeadDim, HeadDim);
        var v = Slice(heads, 2 * HeadDim, HeadDim);

        // The slopes are 2^(-8 (h + 1) / n), where n is the largest power of two not above the number of heads. Heads from n on use the odd steps of
        // a sequence with half the step.
        var whole = Heads >= 128 ? 128
            : Heads >= 64 ? 64
            : Heads >= 32 ? 32
            : Heads >= 16 ? 16
            : Heads >= 8 ? 8
            : Heads >= 4 ? 4
            : Heads >= 2 ? 2
            : 1;
        var fall = -8 * Log(2) / whole;
        var attended = Attend(q, k, v, score: (s, at) =>
            s - (at.Query - at.Key) * Exp(Where(Less(at.Head, whole), fall * (at.Head + 1), fall / 2 * (2 * (at.Head - whole) + 1))));
        return Linear(Reshape(attended, Hidden), Output, OutputBias);
    }
}
