namespace Cambium.Models;

/// <summary>
/// A decoder with the tensor names of Llama: a token embedding, layers, a final norm, and a head that can be tied to the embedding. A class that
/// extends it declares its layers and its norm.
/// </summary>
[Model]
public abstract partial class CausalDecoder
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_hidden_layers")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Weight("model.embed_tokens.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("model.norm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    /// <summary>The logits of the next token.</summary>
    /// <param name="tokens">[T].</param>
    /// <returns>[T, Vocab].</returns>
    public Tensor Forward(Tokens tokens) => Output(FinalNorm(RunLayers(Embed(tokens))));

    /// <summary>The input of the first layer.</summary>
    /// <param name="tokens">[T].</param>
    /// <returns>[T, Hidden].</returns>
    protected virtual Tensor Embed(Tokens tokens) => Embedding[tokens];

    /// <summary>Runs the stack of layers.</summary>
    /// <param name="x">[T, Hidden].</param>
    /// <returns>[T, Hidden].</returns>
    protected abstract Tensor RunLayers(Tensor x);

    /// <summary>The norm before the head.</summary>
    /// <param name="x">[T, Hidden].</param>
    /// <returns>[T, Hidden].</returns>
    protected abstract Tensor FinalNorm(Tensor x);

    /// <summary>The product with the head.</summary>
    /// <param name="x">[T, Hidden], after the norm.</param>
    /// <returns>[T, Vocab].</returns>
    protected virtual Tensor Output(Tensor x) => Linear(x, Head);
}
