namespace Cambium.Models.Tests.Architectures;

/// <summary>The embedding, final norm and head of GPT-J and CodeGen.</summary>
[Model]
public abstract partial class GptJDecoder
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

    public Tensor Forward(Tokens tokens) => Linear(LayerNorm(RunLayers(Embedding[tokens]), Norm, NormBias, Epsilon), Head, HeadBias);

    protected abstract Tensor RunLayers(Tensor x);
}
