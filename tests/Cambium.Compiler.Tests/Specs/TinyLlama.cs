using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Tests.Specs;

/// <summary>A usual decoder: GQA, rotary positions, gated feed-forward, an optionally tied head, optional biases.</summary>
public static class TinyLlama
{
    public static ModelSpec Spec { get; } = Make();

    private static ModelSpec Make()
    {
        var block = new SpecBuilder("TinyBlock")
            .Dim("Hidden", "hidden_size")
            .Dim("Heads", "num_attention_heads")
            .Dim("KvHeads", "num_key_value_heads", "Heads")
            .Dim("HeadDim", "head_dim", "Hidden / Heads")
            .Dim("Inner", "intermediate_size")
            .Option("Epsilon", OptionKind.Float, "rms_norm_eps", "1e-06")
            .Option("AttentionBias", OptionKind.Bool, "attention_bias", "false")
            .Option("Rope", OptionKind.Rotary, "", "HeadDim")
            .Option("Window", OptionKind.Int, "sliding_window", "0")
            .Weight("InputNorm", "input_layernorm.weight", "Hidden")
            .Weight("Query", "self_attn.q_proj.weight", "Heads * HeadDim, Hidden")
            .Weight("QueryBias", "self_attn.q_proj.bias", "Heads * HeadDim", when: "AttentionBias")
            .Weight("Key", "self_attn.k_proj.weight", "KvHeads * HeadDim, Hidden")
            .Weight("Value", "self_attn.v_proj.weight", "KvHeads * HeadDim, Hidden")
            .Weight("Output", "self_attn.o_proj.weight", "Hidden, Heads * HeadDim")
            .Weight("PostNorm", "post_attention_layernorm.weight", "Hidden")
            .Weight("Gate", "mlp.gate_proj.weight", "Inner, Hidden")
            .Weight("Up", "mlp.up_proj.weight", "Inner, Hidden")
            .Weight("Down", "mlp.down_proj.weight", "Hidden, Inner")
            .Function("Forward", [("x", ParameterKind.Tensor)], static f => f
                .Set("h", f.Op("RmsNorm", f["x"], f["InputNorm"], f["Epsilon"]))
                .Set("q", f.Op("Rotate", f.Reshape(f.Op("Linear", f["h"], f["Query"], f["QueryBias"]), f["Heads"], f["HeadDim"]), f["Rope"]))
                .Set("k", f.Op("Rotate", f.Reshape(f.Op("Linear", f["h"], f["Key"]), f["KvHeads"], f["HeadDim"]), f["Rope"]))
                .Set("v", f.Reshape(f.Op("Linear", f["h"], f["Value"]), f["KvHeads"], f["HeadDim"]))
                .Set("a", f.Op("Attend", f["q"], f["k"], f["v"], f["Window"]))
                .Set("x", f.Op("Add", f["x"], f.Op("Linear", f.Reshape(f["a"], f.Op("Multiply", f["Heads"], f["HeadDim"])), f["Output"])))
                .Set("h", f.Op("RmsNorm", f["x"], f["PostNorm"], f["Epsilon"]))
                .Set("g", f.Op("Multiply", f.Op("Silu", f.Op("Linear", f["h"], f["Gate"])), f.Op("Linear", f["h"], f["Up"])))
                .Return(f.Op("Add", f["x"], f.Op("Linear", f["g"], f["Down"]))));

        return new SpecBuilder("TinyLlama")
            .Dim("Hidden", "hidden_size")
            .Dim("Layers", "num_hidden_layers")
            .Dim("Vocab", "vocab_size")
            .Option("Epsilon", OptionKind.Float, "rms_norm_eps", "1e-06")
            .Weight("Embedding", "model.embed_tokens.weight", "Vocab, Hidden")
            .Weight("Norm", "model.norm.weight", "Hidden")
            .Weight("Head", "lm_head.weight", "Vocab, Hidden", tiedTo: "Embedding", tiedWhen: "tie_word_embeddings")
            .Child("Blocks", "model.layers.{i}", block, "Layers")
            .Forward(static f => f
                .Set("x", f.Op("Gather", f["Embedding"], f["tokens"]))
                .ForEach("block", "Blocks", static loop => loop.Set("x", loop.Call("block", "Forward", loop["x"])))
                .Return(f.Op("Linear", f.Op("RmsNorm", f["x"], f["Norm"], f["Epsilon"]), f["Head"])))
            .Build(block);
    }
}
