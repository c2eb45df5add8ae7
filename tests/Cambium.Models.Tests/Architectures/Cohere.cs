namespace Cambium.Models.Tests.Architectures;

/// <summary>Command R (Cohere 2024): neighbours are turned, norms have no bias, attention and MLP side by side, logits are scaled.</summary>
[Model("CohereForCausalLM")]
public sealed partial class Cohere
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_hidden_layers")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option("logit_scale", Default = 0.0625f)]
    public partial float LogitScale { get; }

    [Weight("model.embed_tokens.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("model.norm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<CohereBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return LogitScale * Linear(LayerNorm(x, Norm, Epsilon), Head);
    }
}

/// <summary>One layer of <see cref="Cohere"/>.</summary>
[Block]
public sealed partial class CohereBlock
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("input_layernorm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Block("self_attn")]
    public partial CohereAttention Attention { get; }

    [Block("mlp")]
    public partial LlamaMlp Mlp { get; }


    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, Norm, Epsilon);
        return x + Attention.Forward(h) + Mlp.Forward(h);
    }
}

/// <summary>Attention of <see cref="Cohere"/>. Where query and key are normed, each head has a gain of its own.</summary>
[Block]
[Expects("attention_bias", "false")]
public sealed partial class CohereAttention
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_attention_heads")]
    public partial int Heads { get; }

    [Dim("num_key_value_heads", Default = nameof(Heads))]
    public partial int KvHeads { get; }

    [Dim(Default = "Hidden / Heads")]
    public partial int HeadDim { get; }

    [Option("layer_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Option("use_qk_norm", Default = false)]
    public partial bool HasNorm { get; }

    [Option(Default = nameof(HeadDim))]
    public partial Rotary Rotary { get; }

    [Weight("q_proj.weight", "Heads * HeadDim, Hidden")]
    public partial Tensor Q { get; }

    [Weight("q_norm.weight", "Heads, HeadDim", When = nameof(HasNorm))]
    public partial Tensor QNorm { get; }

    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor K { get; }

    [Weight("k_norm.weight", "KvHeads, HeadDim", When = nameof(HasNorm))]
    public partial Tensor KNorm { get; }

    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")]
    public partial Tensor V { get; }

    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")]
    public partial Tensor Output { get; }


    public Tensor Forward(Tensor h)
    {
        var q = Reshape(Linear(h, Q), Heads, HeadDim);
        var k = Reshape(Linear(h, K), KvHeads, HeadDim);
        var v = Reshape(Linear(h, V), KvHeads, HeadDim);
        if (HasNorm)
        {
            q = LayerNorm(q, Epsilon) * QNorm;
            k = LayerNorm(k, Epsilon) * KNorm;
        }

        var seen = Attend(Rotate(q, Rotary, interleaved: true), Rotate(k, Rotary, interleaved: true), v);
        return Linear(Reshape(seen, Heads * HeadDim), Output);
    }
}
