namespace Cambium.Models.Tests.Architectures;

/// <summary>MPT (MosaicML 2023): ALiBi, query, key and value in one matrix, and no bias anywhere.</summary>
[Model("MptForCausalLM")]
[Expects("no_bias", "true")]
public sealed partial class Mpt
{
    [Dim("d_model")] public partial int Hidden { get; }
    [Dim("n_layers")] public partial int Layers { get; }
    [Dim("vocab_size")] public partial int Vocab { get; }
    [Option("layer_norm_epsilon", Default = 1e-5f)] public partial float Epsilon { get; }
    [Weight("transformer.wte.weight", "Vocab, Hidden")] public partial Tensor Embedding { get; }
    [Weight("transformer.norm_f.weight", "Hidden")] public partial Tensor Norm { get; }
    [Blocks("transformer.blocks.{i}", Count = nameof(Layers))] public partial BlockStack<MptBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x);
        return Linear(LayerNorm(x, Norm, Epsilon), Embedding);
    }
}

/// <summary>One block of <see cref="Mpt"/>.</summary>
[Block]
[Expects("attn_config.alibi", "true")]
[Expects("attn_config.qk_ln", "false")]
[Expects("attn_config.prefix_lm", "false")]
[Expects("attn_config.attn_type", "multihead_attention")]
public sealed partial class MptBlock
{
    [Dim("d_model")] public partial int Hidden { get; }
    [Dim("n_heads")] public partial int Heads { get; }
    [Dim("expansion_ratio", Default = "4")] public partial int Expansion { get; }
    [Option("layer_norm_epsilon", Default = 1e-5f)] public partial float Epsilon { get; }
    [Option("attn_config.alibi_bias_max", Default = 8)] public partial int BiasMax { get; }
    [Option("attn_config.clip_qkv", Default = 0f)] public partial float Clip { get; }
    [Option("attn_config.softmax_scale", Default = 0f)] public partial float Scale { get; }
    [Weight("norm_1.weight", "Hidden")] public partial Tensor AttentionNorm { get; }
    [Weight("attn.Wqkv.weight", "3 * Hidden, Hidden")] public partial Tensor Qkv { get; }
    [Weight("attn.out_proj.weight", "Hidden, Hidden")] public partial Tensor Output { get; }
    [Weight("norm_2.weight", "Hidden")] public partial Tensor MlpNorm { get; }
    [Weight("ffn.up_proj.weight", "Expansion * Hidden, Hidden")] public partial Tensor Up { get; }
    [Weight("ffn.down_proj.weight", "Hidden, Expansion * Hidden")] public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention(LayerNorm(x, AttentionNorm, Epsilon));
        return x + Linear(Gelu(Linear(LayerNorm(x, MlpNorm, Epsilon), Up)), Down);
    }

    private Tensor Attention(Tensor h)
    {
        var qkv = Linear(h, Qkv);
        if (Clip > 0)
            qkv = Clamp(qkv, -Clip, Clip);
        var (q, k, v) = Split(qkv, Hidden, Hidden, Hidden);

        // The slopes are 2^(-max i / n) for i from 1 to n, where n is the next power of two. If there are more slopes than heads, every second one
        // comes first.
        var n = Heads > 64 ? 128 : Heads > 32 ? 64 : Heads > 16 ? 32 : Heads > 8 ? 16 : Heads > 4 ? 8 : Heads > 2 ? 4 : Heads;
        var attended = Attend(
            InHeads(q),
            InHeads(k),
            InHeads(v),
            scale: Scale,
            score: (s, at) => s - (at.Query - at.Key) * Exp(-Math.Log(2) * BiasMax / n * Step(at.Head, n)));
        return Linear(Reshape(attended, Hidden), Output);
    }

    private Score Step(Score head, int n) => n == Heads ? head + 1 : head < n / 2 ? 2 * head + 2 : 2 * (head - n / 2) + 1;

    private Tensor InHeads(Tensor x) => Reshape(x, Heads, Hidden / Heads);
}
