namespace Cambium.Models;

/// <summary>
/// GPT-2 (Radford et al. 2019): learned positions, layer norms, a tied head. Early checkpoints have tensor names without the prefix.
/// </summary>
[Model("GPT2LMHeadModel")]
[Ignores("summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels")]
public sealed partial class Gpt2
{
    [Dim("n_embd")]
    public partial int Hidden { get; }

    [Dim("n_layer")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Dim("n_positions")]
    public partial int Context { get; }

    [Option("layer_norm_epsilon", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Weight("transformer.wte.weight|wte.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    [Weight("transformer.wpe.weight|wpe.weight", "Context, Hidden")]
    public partial Tensor PositionEmbedding { get; }

    [Weight("transformer.ln_f.weight|ln_f.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Weight("transformer.ln_f.bias|ln_f.bias", "Hidden")]
    public partial Tensor NormBias { get; }

    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")]
    public partial Tensor Head { get; }

    [Blocks("transformer.h.{i}|h.{i}", Count = nameof(Layers))]
    public partial BlockStack<Gpt2Block> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens] + PositionEmbedding[Positions(tokens)];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(LayerNorm(x, Norm, NormBias, Epsilon), Head);
    }
}
