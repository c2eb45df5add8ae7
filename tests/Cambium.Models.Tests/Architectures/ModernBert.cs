namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// ModernBERT (Warner et al. 2024): an encoder whose layers mostly have a bidirectional window, with a rotary embedding of their own.
/// </summary>
[Model("ModernBertForMaskedLM")]
[Expects("norm_bias", "false")]
[Expects("classifier_activation", "gelu")]
[Expects("classifier_bias", "false")]
public sealed partial class ModernBert
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_hidden_layers")] public partial int Layers { get; }
    [Dim("vocab_size")] public partial int Vocab { get; }
    [Option("norm_eps", Default = 1e-5f)] public partial float Epsilon { get; }
    [Option("decoder_bias", Default = true)] public partial bool HasBias { get; }
    [Weight("model.embeddings.tok_embeddings.weight", "Vocab, Hidden")] public partial Tensor Words { get; }
    [Weight("model.embeddings.norm.weight", "Hidden")] public partial Tensor WordNorm { get; }
    [Weight("model.final_norm.weight", "Hidden")] public partial Tensor Norm { get; }
    [Weight("head.dense.weight", "Hidden, Hidden")] public partial Tensor Dense { get; }
    [Weight("head.norm.weight", "Hidden")] public partial Tensor HeadNorm { get; }
    [Weight("decoder.weight", "Vocab, Hidden", TiedTo = nameof(Words), TiedWhen = "tie_word_embeddings")] public partial Tensor Decoder { get; }
    [Weight("decoder.bias", "Vocab", When = nameof(HasBias))] public partial Tensor DecoderBias { get; }
    [Blocks("model.layers.{i}", Count = nameof(Layers))] public partial BlockStack<ModernBertLayer> Stack { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = LayerNorm(Words[tokens], WordNorm, Epsilon);
        foreach (var layer in Stack)
            x = layer.Forward(x);
        return LayerNorm(x, Norm, Epsilon);
    }

    [EntryPoint]
    public Tensor Fill(Tokens tokens) => Linear(LayerNorm(Gelu(Linear(Forward(tokens), Dense)), HeadNorm, Epsilon), Decoder, DecoderBias);
}

/// <summary>One layer of <see cref="ModernBert"/>. The first layer has no norm before its attention, because the embeddings have one.</summary>
[Block]
[Expects("hidden_activation", "gelu")]
[Expects("attention_bias", "false")]
[Expects("mlp_bias", "false")]
public sealed partial class ModernBertLayer
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_attention_heads")] public partial int Heads { get; }
    [Dim("intermediate_size")] public partial int Inner { get; }
    [Dim(Default = "Hidden / Heads")] public partial int HeadDim { get; }
    [Option("norm_eps", Default = 1e-5f)] public partial float Epsilon { get; }
    [Option("global_attn_every_n_layers", Default = 3)] public partial int Every { get; }
    [Option("local_attention", Default = 128)] public partial int Window { get; }
    [Option("rope_parameters.full_attention|global_rope_theta", Default = nameof(HeadDim))] public partial Rotary Rotary { get; }
    [Option("rope_parameters.sliding_attention|local_rope_theta|global_rope_theta", Default = nameof(HeadDim))]
    public partial Rotary LocalRotary { get; }
    [StackIndex] public partial int Layer { get; }
    // The first layer has no such weight. It reads the weight of the other norm here and does not use it.
    [Weight("attn_norm.weight|mlp_norm.weight", "Hidden")] public partial Tensor AttentionNorm { get; }
    [Weight("attn.Wqkv.weight", "3 * Hidden, Hidden")] public partial Tensor Qkv { get; }
    [Weight("attn.Wo.weight", "Hidden, Hidden")] public partial Tensor Output { get; }
    [Weight("mlp_norm.weight", "Hidden")] public partial Tensor MlpNorm { get; }
    [Weight("mlp.Wi.weight", "2 * Inner, Hidden")] public partial Tensor Up { get; }
    [Weight("mlp.Wo.weight", "Hidden, Inner")] public partial Tensor Down { get; }

    public Tensor Forward(Tensor x)
    {
        x += Attention(Layer == 0 ? x : LayerNorm(x, AttentionNorm, Epsilon));
        var (up, gate) = Split(Linear(LayerNorm(x, MlpNorm, Epsilon), Up), Inner, Inner);
        return x + Linear(Gelu(up) * gate, Down);
    }

    private Tensor Attention(Tensor h)
    {
        var (q, k, v) = Split(Linear(h, Qkv), Hidden, Hidden, Hidden);
        var local = Layer % Every != 0;
        (q, k) = (InHeads(q), InHeads(k));
        (q, k) = local ? (Rotate(q, LocalRotary), Rotate(k, LocalRotary)) : (Rotate(q, Rotary), Rotate(k, Rotary));
        var attended = Attend(q, k, InHeads(v), causal: false, window: local ? Window / 2 + 1 : 0);
        return Linear(Reshape(attended, Hidden), Output);
    }

    private Tensor InHeads(Tensor x) => Reshape(x, Heads, HeadDim);
}
