namespace Cambium.Models;

/// <summary>Qwen3 (Qwen team 2025): Llama with a norm over each head of query and key, whose size is a setting of its own.</summary>
[Model("Qwen3ForCausalLM")]
public sealed partial class Qwen3
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
    public partial BlockStack<Qwen3Block> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(RmsNorm(x, Norm, Epsilon), Head);
    }
}
