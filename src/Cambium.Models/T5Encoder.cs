namespace Cambium.Models;

/// <summary>The encoder of T5 version 1.1 (Raffel et al. 2020): bidirectional attention with a bias by relative position.</summary>
[Model("T5EncoderModel", "MT5EncoderModel")]
[Ignores("dense_act_fn", "is_gated_act")] // Both follow from feed_forward_proj.
[Ignores("num_decoder_layers", "scale_decoder_outputs", "tie_encoder_decoder", "tie_word_embeddings")] // The decoder's.
public sealed partial class T5Encoder
{
    [Dim("d_model")]
    public partial int Hidden { get; }

    [Dim("num_layers")]
    public partial int Layers { get; }

    [Dim("vocab_size")]
    public partial int Vocab { get; }

    [Dim("num_heads")]
    public partial int Heads { get; }

    [Dim("relative_attention_num_buckets", Default = "32")]
    public partial int Buckets { get; }

    [Option("layer_norm_epsilon", Default = 1e-6f)]
    public partial float Epsilon { get; }

    [Weight("shared.weight|encoder.embed_tokens.weight", "Vocab, Hidden")]
    public partial Tensor Embedding { get; }

    // One table for all layers; checkpoints store it in the first.
    [Weight("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "Buckets, Heads")]
    public partial Tensor Bias { get; }

    [Weight("encoder.final_layer_norm.weight", "Hidden")]
    public partial Tensor Norm { get; }

    [Blocks("encoder.block.{i}", Count = nameof(Layers))]
    public partial BlockStack<T5EncoderBlock> Blocks { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens];
        foreach (var block in Blocks)
            x = block.Forward(x, Bias);
        return RmsNorm(x, Norm, Epsilon);
    }
}
