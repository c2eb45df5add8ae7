namespace Cambium.Models.Tests.Architectures;

/// <summary>GPT-J (Wang and Komatsuzaki 2021): neighbours of the first part of each head are turned; attention and MLP side by side.</summary>
[Model("GPTJForCausalLM")]
public sealed partial class GptJ
{
    [Dim("n_embd")]
    public partial int Hidden { get; }

    [Dim("n_layer")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("transformer.wte.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("transformer.ln_f.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("transformer.ln_f.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    [Weight("lm_head.bias", "Vocab")]
    public partial Tensor HeadBias { get; }

    [Blocks("transformer.h.{i}", Count = nameof(Layers))]
    public partial BlockStack<GptJBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(LayerNorm(x, Norm, NormBias, Epsilon), Head, HeadBias);
    }
}

/// <summary>One layer of <see cref="GptJ"/>.</summary>
[Block]
[Expects("activation_function", "gelu_new")]
public sealed partial class GptJBlock
{
    [Dim("n_embd")]
    public partial int Hidden { get; }

    [Dim("n_head")]
    public partial int Heads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Dim("rotary_dim", Default = nameof(HeadDim))]
    public partial int Turned { get; }

    [Dim("n_inner", Default = "4 * Hidden")]
    public partial int Inner { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option(Default = nameof(Turned))]
    public partial Rotary Rotary { get; }

    [Weight("ln_1.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("ln_1.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("attn.q_proj.weight", "Hidden, Hidden")]
    public partial Tensor Q { get; }

    [Weight("attn.k_proj.weight", "Hidden, Hidden")]
    public partial Tensor K { get; }

    [Weight("attn.v_proj.weight", "Hidden, Hidden")]
    public partial Tensor V { get; }

    [Weight("attn.out_proj.weight", "Hidden, Hidden")]
    public partial Tensor Output { get; }

    [Weight("mlp.fc_in.weight", "Inner, Hidden")]
    public partial Tensor Up { get; }

    [Weight("mlp.fc_in.bias", "Inner")]
    public partial Tensor UpBias { get; }

    [Weight("mlp.fc_out.weight", "Hidden, Inner")]
    public partial Tensor Down { get; }

    [Weight("mlp.fc_out.bias", "Hidden")]
    public partial Tensor DownBias { get; }


    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, Norm, NormBias, Epsilon);
        return x + Attention(h) + Linear(GeluTanh(Linear(h, Up, UpBias)), Down, DownBias);
    }

    private Tensor Attention(Tensor h)
    {
        var q = Reshape(Linear(h, Q), Heads, HeadDim);
        var k = Reshape(Linear(h, K), Heads, HeadDim);
        var v = Reshape(Linear(h, V), Heads, HeadDim);
        var seen = Attend(Rotate(q, Rotary, interleaved: true), Rotate(k, Rotary, interleaved: true), v);
        return Linear(Reshape(seen, Hidden), Output);
    }
}
