namespace Cambium.Models;

/// <summary>
/// Llama (Touvron et al. 2023) and the models of its form: grouped queries, rotary positions with any scaling, gated SiLU, RMS norms,
/// tied or untied head, optional biases, and Mistral's sliding window.
/// </summary>
[Model("LlamaForCausalLM", "MistralForCausalLM")]
public sealed partial class Llama
{
    [Dim("hidden_size")]
    public partial int Hidden { get; }

    [Dim("num_hidden_layers")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Option("rms_norm_eps", Default = 1e-6f)]
    public partial float Epsilon { get; }

    [Weight("model.embed_tokens.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("model.norm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<LlamaBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(RmsNorm(x, Norm, Epsilon), Head);
    }
}
