namespace Cambium.Models.Tests.Architectures;

/// <summary>
/// OPT (Zhang et al. 2022): learned positions in a table with two reserved rows; norms before or after each part, as the config requires.
/// </summary>
[Model("OPTForCausalLM")]
[Expects("activation_function", "relu")]
[Expects("_remove_final_layer_norm", "false")]
public sealed partial class Opt
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_hidden_layers")] public partial int Layers { get; }
    [Dim("vocab_size")] public partial int Vocab { get; }
    [Dim("max_position_embeddings")] public partial int Context { get; }
    [Option("do_layer_norm_before", Default = true)] public partial bool NormFirst { get; }
    [Weight("model.decoder.embed_tokens.weight", "Vocab, Hidden")] public partial Tensor Embedding { get; }
    [Weight("model.decoder.embed_positions.weight", "Context + 2, Hidden")] public partial Tensor Places { get; }
    [Weight("model.decoder.final_layer_norm.weight", "Hidden", When = nameof(NormFirst))] public partial Tensor Norm { get; }
    [Weight("model.decoder.final_layer_norm.bias", "Hidden", When = nameof(NormFirst))] public partial Tensor NormBias { get; }
    [Weight("lm_head.weight", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")] public partial Tensor Head { get; }
    [Blocks("model.decoder.layers.{i}", Count = nameof(Layers))] public partial BlockStack<OptLayer> Stack { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Embedding[tokens] + Places[Positions(tokens) + 2];
        foreach (var layer in Stack)
            x = layer.Forward(x);
        if (NormFirst)
            x = LayerNorm(x, Norm, NormBias, 1e-5f);
        return Linear(x, Head);
    }
}

/// <summary>OPT with embeddings that are narrower than its layers: the model with 350 million parameters.</summary>
[Model("OPTForCausalLM")]
[Expects("activation_function", "relu")]
[Expects("do_layer_norm_before", "false")]
public sealed partial class NarrowOpt
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("word_embed_proj_dim")] public partial int Embedded { get; }
    [Dim("num_hidden_layers")] public partial int Layers { get; }
    [Dim("vocab_size")] public partial int Vocab { get; }
    [Dim("max_position_embeddings")] public partial int Context { get; }
    [Weight("model.decoder.embed_tokens.weight", "Vocab, Embedded")] public partial Tensor Embedding { get; }
    [Weight("model.decoder.embed_positions.weight", "Context + 2, Hidden")] public partial Tensor Places { get; }
    [Weight("model.decoder.project_in.weight", "Hidden, Embedded")] public partial Tensor ProjectIn { get; }
    [Weight("model.decoder.project_out.weight", "Embedded, Hidden")] public partial Tensor ProjectOut { get; }
    [Weight("lm_head.weight", "Vocab, Embedded", TiedTo = nameof(Embedding), TiedWhen = "tie_word_embeddings")] public partial Tensor Head { get; }
    [Blocks("model.decoder.layers.{i}", Count = nameof(Layers))] public partial BlockStack<OptLayer> Stack { get; }

    public Tensor Forward(Tokens tokens)
    {
        var x = Linear(Embedding[tokens], ProjectIn) + Places[Positions(tokens) + 2];
        foreach (var layer in Stack)
            x = layer.Forward(x);
        return Linear(Linear(x, ProjectOut), Head);
    }
}

[Block]
public sealed partial class OptLayer
{
    [Dim("hidden_size")] public partial int Hidden { get; }
    [Dim("num_attention_heads")] public partial int Heads { get; }
    [Dim("ffn_dim")] public partial int Inner { get; }
    [Option("do_layer_norm_before", Default = true)] public partial bool NormFirst { get; }
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
        if (NormFirst)
        {
            x += Attention(LayerNorm(x, AttentionNorm, AttentionNormBias, 1e-5f));
            return x + Mlp(LayerNorm(x, MlpNorm, MlpNormBias, 1e-5f));
        }

        x = LayerNorm(x + Attention(x), AttentionNorm, AttentionNormBias, 1e-5f);
        return LayerNorm(x + Mlp(x), MlpNorm, MlpNormBias, 1e-5f);
    }

    private Tensor Attention(Tensor h) => Linear(
        Reshape(Attend(Split(Linear(h, Q, QBias)), Split(Linear(h, K, KBias)), Split(Linear(h, V, VBias))), Hidden), Output, OutputBias);

    private Tensor Split(Tensor x) => Reshape(x, Heads, Hidden / Heads);

    private Tensor Mlp(Tensor h) => Linear(Relu(Linear(h, Up, UpBias)), Down, DownBias);
}
