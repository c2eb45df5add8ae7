namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// gpt-oss (OpenAI 2025): attention sinks, a window in every second layer, experts. No operation selects experts, so all experts are computed,
/// and those outside the top k get the weight 0: correct, and as slow as a dense model of that size.
/// </summary>
[Model("GptOssForCausalLM")]
public sealed partial class GptOss : CausalDecoder
{
    [Option("rms_norm_eps", Default = 1e-5f)]
    public partial float Epsilon { get; }

    [Blocks("model.layers.{i}", Count = nameof(Layers))]
    public partial BlockStack<GptOssLayer> Stack { get; }

    protected override Tensor RunLayers(Tensor x)
    {
        foreach (var layer in Stack)
            x = layer.Forward(x);
        return x;
    }

    protected override Tensor FinalNorm(Tensor x) => RmsNorm(x, Norm, Epsilon);
}

/// <summary>One layer of <see cref="GptOss"/>.</summary>
[Block]
public sealed partial class GptOssLayer
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Option("rms_norm_eps", Default = 1e-5f)] public partial float Epsilon { get; }
    [Block("self_attn")] public partial GptOssAttention Attention { get; }
    [Block("mlp")] public partial GptOssExperts Experts { get; }
    [Weight("input_layernorm.weight", "Hidden")] public partial Tensor AttentionNorm { get; }
    [Weight("post_attention_layernorm.weight", "Hidden")] public partial Tensor MlpNorm { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention.Forward(RmsNorm(x, AttentionNorm, Epsilon));
        return x + Experts.Forward(RmsNorm(x, MlpNorm, Epsilon));
    }
}

/// <summary>Attention of <see cref="GptOss"/>.</summary>
[Block]
[Expects("attention_bias", "true")]
public sealed partial class GptOssAttention
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_attention_heads")] public partial int Heads { get; }
    [Dim("num_key_value_heads", Default = nameof(Heads))] public partial int KvHeads { get; }
    [Dim("head_dim", Default = "Hidden / Heads")] public partial int HeadDim { get; }
    [Option(Default = nameof(HeadDim))] public partial Rotary Rotary { get; }
    [Option("sliding_window", Default = 0)] public partial int Window { get; }
    [Option("layer_types", Default = "full_attention")] public partial string[] LayerTypes { get; }
    [StackIndex] public partial int Layer { get; }
    [Weight("q_proj.weight", "Heads * HeadDim, Hidden")] public partial Tensor Q { get; }
    [Weight("q_proj.bias", "Heads * HeadDim")] public partial Tensor QBias { get; }
    [Weight("k_proj.weight", "KvHeads * HeadDim, Hidden")] public partial Tensor K { get; }
    [Weight("k_proj.bias", "KvHeads * HeadDim")] public partial Tensor KBias { get; }
    [Weight("v_proj.weight", "KvHeads * HeadDim, Hidden")] public partial Tensor V { get; }
    [Weight("v_proj.bias", "KvHeads * HeadDim")] public partial Tensor VBias { get; }
    [Weight("o_proj.weight", "Hidden, Heads * HeadDim")] public partial Tensor Output { get; }
    [Weight("o_proj.bias", "Hidden")] public partial Tensor OutputBias { get; }
    [Weight("sinks", "Heads")] public partial Tensor Sinks { get; }

    public Tensor Forward(Tensor x)
    {
        var q = Rotate(Reshape(Linear(x, Q, QBias), Heads, HeadDim), Rotary);
        var k = Rotate(Reshape(Linear(x, K, KBias), KvHeads, HeadDim), Rotary);
        var v = Reshape(Linear(x, V, VBias), KvHeads, HeadDim);
        var attended = Attend(q, k, v, sinks: Sinks, window: LayerTypes[Layer] == "sliding_attention" ? Window : 0);
        return Linear(Reshape(attended, Heads * HeadDim), Output, OutputBias);
    }
}

/// <summary>
/// The experts of <see cref="GptOss"/>: up to four for each token. Their matrices are [in, out], with interleaved gate and up columns.
/// </summary>
[Block]
[Expects("num_experts_per_tok", "1", "2", "3", "4")]
public sealed partial class GptOssExperts
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("intermediate_size")] public partial int Inner { get; }
    [Dim("num_local_experts")] public partial int Count { get; }
    [Option("num_experts_per_tok", Default = 4)] public partial int Taken { get; }
    [Option("swiglu_limit", Default = 7f)] public partial float Limit { get; }
    [Weight("router.weight", "Count, Hidden")] public partial Tensor Router { get; }
    [Weight("router.bias", "Count")] public partial Tensor RouterBias { get; }
    [Weight("experts.gate_up_proj", "Count, Hidden, 2 * Inner")] public partial Tensor Up { get; }
    [Weight("experts.gate_up_proj_bias", "Count, 2 * Inner")] public partial Tensor UpBias { get; }
    [Weight("experts.down_proj", "Count, Inner, Hidden")] public partial Tensor Down { get; }
    [Weight("experts.down_proj_bias", "Count, Hidden")] public partial Tensor DownBias { get; }

    public Tensor Forward(Tensor h)
    {
        var share = Shares(Linear(h, Router, RouterBias));
        var all = Linear(h, Reshape(Transpose(Up), Count * 2 * Inner, Hidden), Reshape(UpBias, Count * 2 * Inner));
        var (gate, up) = Split(Reshape(all, Count * Inner, 2), 1, 1);
        gate = Minimum(gate, Limit);
        var made = Reshape((Clamp(up, -Limit, Limit) + 1) * gate * Sigmoid(1.702f * gate), Count, Inner) * Reshape(share, Count, 1);
        return Linear(Reshape(made, Count * Inner), Transpose(Reshape(Down, Count * Inner, Hidden))) + MatMul(share, DownBias);
    }

    // A softmax over the largest scores. Masking the maximum repeatedly gives the smallest of them.
    private Tensor Shares(Tensor scores)
    {
        var rest = scores;
        for (var i = 1; i < 4; i++)
            rest = i < Taken ? Where(Less(rest, MaximumOf(rest)), rest, -1e30f) : rest;
        return Softmax(Where(Less(scores, MaximumOf(rest)), -1e30f, scores));
    }
}
