namespace Cambium.Models.Tests.Architectures;

/// <summary>The embedding, final norm and head of the Falcon family.</summary>
[Model]
public abstract partial class FalconDecoder
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

    public Tensor Forward(Tokens tokens) => Linear(LayerNorm(RunLayers(Embedding[tokens]), Norm, NormBias, Epsilon), Head);

    protected abstract Tensor RunLayers(Tensor x);
}
