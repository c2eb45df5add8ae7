namespace Cambium.Models.Tests.Architectures;

/// <summary>GPT-NeoX and Pythia (Black et al. 2022): rotation of a part of each head; attention and MLP in parallel or in sequence.</summary>
[Model("GPTNeoXForCausalLM")]
public sealed partial class GptNeoX
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_hidden_layers")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("gpt_neox.embed_in.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("gpt_neox.final_layer_norm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("gpt_neox.final_layer_norm.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("embed_out.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    [Blocks("gpt_neox.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<GptNeoXBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(LayerNorm(x, Norm, NormBias, Epsilon), Head);
    }
}

/// <summary>One layer of <see cref="GptNeoX"/>. Its matrix holds query, key and value of each head next to each other.</summary>
[Block]
[Expects("hidden_act", "gelu")]
[Expects("attention_bias", "true")]
public sealed partial class GptNeoXBlock
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("intermediate_size")]
    public partial int Intermediate { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option("use_parallel_residual", Default = true)]
    public partial bool Parallel { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor AttentionNorm { get; }

    [Weight("input_layernorm.bias", "Hidden")]
    public partial Tensor AttentionNormBias { get; }

    [Weight("post_attention_layernorm.weight", "Hidden")]
    public partial Tensor MlpNorm { get; }

    [Weight("post_attention_layernorm.bias", "Hidden")]
    public partial Tensor MlpNormBias { get; }

    [Weight("attention.query_key_value.weight", "3 * Hidden, Hidden")]
    public partial Tensor Qkv { get; }

    [Weight("attention.query_key_value.bias", "3 * Hidden")]
    public partial Tensor QkvBias { get; }

    [Weight("attention.dense.weight", "Hidden, Hidden")]
    public partial Tensor Output { get; }

    [Weight("attention.dense.bias", "Hidden")]
    public partial Tensor OutputBias { get; }

    [Weight("mlp.dense_h_to_4h.weight", "Intermediate, Hidden")]
    public partial Tensor Up { get; }

    [Weight("mlp.dense_h_to_4h.bias", "Intermediate")]
    public partial Tensor UpBias { get; }

    [Weight("mlp.dense_4h_to_h.weight", "Hidden, Intermediate")]
    public partial Tensor Down { get; }

    [Weight("mlp.dense_4h_to_h.bias", "Hidden")]
    public partial Tensor DownBias { get; }

    public Tensor Forward(Tensor x)
    {
        var attended = Attention(LayerNorm(x, AttentionNorm, AttentionNormBias, Epsilon));
        var read = Parallel ? x : x + attended;
        return x + attended + Mlp(LayerNorm(read, MlpNorm, MlpNormBias, Epsilon));
    }

    private Tensor Attention(Tensor h)
    {
        var heads = Reshape(Linear(h, Qkv, QkvBias), Heads, 3 * HeadDim);
        var q = Rotate(Slice(heads, 0, HeadDim), Rotary);
        var k = Rotate(Slice(heads, HeadDim, HeadDim), Rotary);
        var v = Slice(heads, 2 * HeadDim, HeadDim);
        return Linear(Reshape(Attend(q, k, v), Hidden), Output, OutputBias);
    }

    private Tensor Mlp(Tensor h) => Linear(Gelu(Linear(h, Up, UpBias)), Down, DownBias);
}
