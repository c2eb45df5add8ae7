namespace Cambium.Models.Tests.Architectures;

/// <summary>XGLM (Lin et al. 2022): sines and cosines of positions, from position 2 on, added to scaled embeddings.</summary>
[Model("XGLMForCausalLM")]
public sealed partial class Xglm
{
    [Dim("d_model")] public partial int Hidden { get; }
    [Dim("num_layers")] public partial int Layers { get; }
    [Dim("vocab_size")] public partial int Vocab { get; }
    [Option("scale_embedding", Default = true)] public partial bool IsScaled { get; }
    [Weight("model.embed_tokens.weight", "Vocab, Hidden")] public partial Tensor Embedding { get; }
    [Weight("model.layer_norm.weight", "Hidden")] public partial Tensor Norm { get; }
    [Weight("model.layer_norm.bias", "Hidden")] public partial Tensor NormBias { get; }
    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")] public partial Tensor Head { get; }
    [Blocks("model.layers.{i}", Count = nameof(Layers))] public partial BlockStack<XglmLayer> Stack { get; }

    public Tensor Forward(Tokens tokens)
    {
        var half = Hidden / 2;
        var angle = Cast(Positions(tokens) + 2) * Exp(Range(half) * (-Math.Log(10000.0) / (half - 1)));
        var x = Embedding[tokens] * (IsScaled ? MathF.Sqrt(Hidden) : 1f) + Concat(Sin(angle), Cos(angle));
        foreach (var layer in Stack)
            x = layer.Forward(x);
        return Linear(LayerNorm(x, Norm, NormBias, 1e-5f), Head);
    }
}

[Block]
[Expects("activation_function", "gelu")]
public sealed partial class XglmLayer
{
    [Dim("d_model")] public partial int Hidden { get; }
    [Dim("attention_heads")] public partial int Heads { get; }
    [Dim("ffn_dim")] public partial int Inner { get; }
    [Weight("self_attn_layer_norm.weight", "Hidden")] public partial Tensor AttentionNorm { get; }
    [Weight("self_attn_layer_norm.bias", "Hidden")] public partial Tensor AttentionNormBias { get; }
    [Weight("self_attn.q_proj.weight", "Hidden, Hidden")] public partial Tensor Q { get; }
    [Weight("self_attn.q_proj.bias", "Hidden")] public partial Tensor QBias { get; }
    [Weight("self_attn.k_proj.weight", "Hidden, Hidden")] public partial Tensor K { get; }
    [Weight("self_attn.k_proj.bias", "Hidden")] public partial Tensor KBias { get; }
    [Weight("self_attn.v_proj.weight", "Hidden, Hidden")] public partial Tensor V { get; }
    [Weight("self_attn.v_proj.bias", "Hidden")] public partial Tensor VBias { get; }
    [Weight("self_attn.out_proj.weight", "Hidden, Hidden")] public partial Tensor Output { get; }
    [Weight("self_attn.out_proj.bias", "Hidden")] public partial Tensor OutputBias { get; }
    [Weight("final_layer_norm.weight", "Hidden")] public partial Tensor MlpNorm { get; }
    [Weight("final_layer_norm.bias", "Hidden")] public partial Tensor MlpNormBias { get; }
    [Weight("fc1.weight", "Inner, Hidden")] public partial Tensor Up { get; }
    [Weight("fc1.bias", "Inner")] public partial Tensor UpBias { get; }
    [Weight("fc2.weight", "Hidden, Inner")] public partial Tensor Down { get; }
    [Weight("fc2.bias", "Hidden")] public partial Tensor DownBias { get; }

    public Tensor Forward(Tensor x)
    {
        var h = LayerNorm(x, AttentionNorm, AttentionNormBias, 1e-5f);
        var (q, k, v) = (Linear(h, Q, QBias), Linear(h, K, KBias), Linear(h, V, VBias));
        x += Linear(
            Reshape(Attend(Reshape(q, Heads, Hidden / Heads), Reshape(k, Heads, Hidden / Heads), Reshape(v, Heads, Hidden / Heads)), Hidden),
            Output,
            OutputBias);
        return x + Linear(Gelu(Linear(LayerNorm(x, MlpNorm, MlpNormBias, 1e-5f), Up, UpBias)), Down, DownBias);
    }
}
