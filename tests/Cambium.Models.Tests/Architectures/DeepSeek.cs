namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// DeepSeek-V3 (DeepSeek-AI 2024) with dense layers only: multi-head latent attention, whose keys and values are projected from one short row.
/// The class does not support experts: loading refuses a checkpoint with experts, because weights are missing. The same holds for a checkpoint
/// whose queries have no low-rank projection.
/// </summary>
[Model("DeepseekV3ForCausalLM")]
public sealed partial class DeepSeek : RmsNormDecoder
{
    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<DeepSeekLayer> Stack { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var layer in Stack)
            x = layer.Forward(x);
        return x;
    }
}

/// <summary>One dense layer of <see cref="DeepSeek"/>.</summary>
[Block]
public sealed partial class DeepSeekLayer
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Option("rms_norm_eps", Default = 1e-6f)] public partial float Epsilon { get; }
    [Block("self_attn")] public partial DeepSeekAttention Attention { get; }
    [Block("mlp")] public partial LlamaMlp Mlp { get; }
    [Weight("input_layernorm.weight", "Hidden")] public partial Tensor AttentionNorm { get; }
    [Weight("post_attention_layernorm.weight", "Hidden")] public partial Tensor MlpNorm { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention.Forward(RmsNorm(x, AttentionNorm, Epsilon));
        return x + Mlp.Forward(RmsNorm(x, MlpNorm, Epsilon));
    }
}

/// <summary>
/// Attention of <see cref="DeepSeek"/>. Only the last elements of each query and key head are rotated, and all heads share those of the key.
/// </summary>
[Block]
[Expects("rope_interleave", "true")]
public sealed partial class DeepSeekAttention
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_attention_heads")] public partial int Heads { get; }
    [Dim("q_lora_rank")] public partial int QueryRank { get; }
    [Dim("kv_lora_rank")] public partial int Rank { get; }
    [Dim("qk_nope_head_dim")] public partial int Plain { get; }
    [Dim("qk_rope_head_dim")] public partial int RotatedDim { get; }
    [Dim("v_head_dim")] public partial int ValueDim { get; }
    [Option("attention_bias", Default = false)] public partial bool HasBias { get; }
    [Option("rope_scaling.factor", Default = 1f)] public partial float Factor { get; }
    [Option("rope_scaling.mscale_all_dim", Default = 0f)] public partial float ScaleAll { get; }
    [Option(Default = nameof(RotatedDim))] public partial Rotary Rotary { get; }
    [Weight("q_a_proj.weight", "QueryRank, Hidden")] public partial Tensor QDown { get; }
    [Weight("q_a_proj.bias", "QueryRank", When = nameof(HasBias))] public partial Tensor QDownBias { get; }
    [Weight("q_a_layernorm.weight", "QueryRank")] public partial Tensor QNorm { get; }
    [Weight("q_b_proj.weight", "Heads * (Plain + RotatedDim), QueryRank")] public partial Tensor QUp { get; }
    [Weight("kv_a_proj_with_mqa.weight", "Rank + RotatedDim, Hidden")] public partial Tensor Down { get; }
    [Weight("kv_a_proj_with_mqa.bias", "Rank + RotatedDim", When = nameof(HasBias))] public partial Tensor DownBias { get; }
    [Weight("kv_a_layernorm.weight", "Rank")] public partial Tensor Norm { get; }
    [Weight("kv_b_proj.weight", "Heads * (Plain + ValueDim), Rank")] public partial Tensor Up { get; }
    [Weight("o_proj.weight", "Hidden, Heads * ValueDim")] public partial Tensor Output { get; }
    [Weight("o_proj.bias", "Hidden", When = nameof(HasBias))] public partial Tensor OutputBias { get; }

    public Tensor Forward(Tensor x)
    {
        var (qPlain, qTurned) = Split(Reshape(Query(x), Heads, Plain + RotatedDim), Plain, RotatedDim);
        var (row, kTurned) = Split(Linear(x, Down, DownBias), Rank, RotatedDim);
        var (kPlain, v) = Split(Reshape(Linear(RmsNorm(row, Norm, 1e-6f), Up), Heads, Plain + ValueDim), Plain, ValueDim);
        var q = Concat(qPlain, Rotate(qTurned, Rotary, interleaved: true));
        var k = Concat(kPlain, Repeat(Rotate(Reshape(kTurned, 1, RotatedDim), Rotary, interleaved: true), Heads));
        var stretch = ScaleAll > 0 ? 0.1f * ScaleAll * Log(Factor) + 1 : 1;
        return Linear(Reshape(Attend(q, k, v, scale: stretch * stretch * Rsqrt(Plain + RotatedDim)), Heads * ValueDim), Output, OutputBias);
    }

    private Tensor Query(Tensor x) => Linear(RmsNorm(Linear(x, QDown, QDownBias), QNorm, 1e-6f), QUp);
}
