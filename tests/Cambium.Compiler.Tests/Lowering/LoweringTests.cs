using Cambium.Compiler.Graph;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Cambium.Tests.Specs;

namespace Cambium.Compiler.Tests.Lowering;

public class LoweringTests
{
    [Fact]
    public void A_decoder_becomes_the_expected_graph()
    {
        var (module, diagnostics) = ModelLowering.Lower(TinyLlama.Spec);
        Assert.Empty(diagnostics);
        Verifier.Verify(module!);
        Assert.Equal(
            """
            module TinyLlama
            dim Hidden = "hidden_size"
            dim Layers = "num_hidden_layers"
            dim Vocab = "vocab_size"
            dim Heads = "num_attention_heads"
            dim KvHeads = "num_key_value_heads" default Heads
            dim HeadDim = "head_dim" default (Hidden / Heads)
            dim Inner = "intermediate_size"
            option float Epsilon = "rms_norm_eps" default 1e-06
            option int Window = "sliding_window" default 0
            option bool AttentionBias = "attention_bias" default false
            option rotary Rope = "" default HeadDim
            weight Embedding "model.embed_tokens.weight" [Vocab, Hidden]
            weight InputNorm "model.layers.{i}.input_layernorm.weight" [Hidden]
            weight Query "model.layers.{i}.self_attn.q_proj.weight" [HeadDim*Heads, Hidden]
            weight QueryBias "model.layers.{i}.self_attn.q_proj.bias" [HeadDim*Heads] when AttentionBias
            weight Key "model.layers.{i}.self_attn.k_proj.weight" [HeadDim*KvHeads, Hidden]
            weight Value "model.layers.{i}.self_attn.v_proj.weight" [HeadDim*KvHeads, Hidden]
            weight Output "model.layers.{i}.self_attn.o_proj.weight" [Hidden, HeadDim*Heads]
            weight PostNorm "model.layers.{i}.post_attention_layernorm.weight" [Hidden]
            weight Gate "model.layers.{i}.mlp.gate_proj.weight" [Inner, Hidden]
            weight Up "model.layers.{i}.mlp.up_proj.weight" [Inner, Hidden]
            weight Down "model.layers.{i}.mlp.down_proj.weight" [Hidden, Inner]
            weight Norm "model.norm.weight" [Hidden]
            weight Head "lm_head.weight" [Vocab, Hidden] tied Embedding when-config "tie_word_embeddings"

            func main(%0: i32[T]) -> %8 {
              %1: f32[Vocab, Hidden] = weight {name=@Embedding}
              %2: f32[T, Hidden] = gather(%1, %0)
              %3: f32[T, Hidden] = loop(%2, %0) {count=Layers, body=@Blocks}
              tap(%3) {name=@residual}
              %4: f32[Hidden] = weight {name=@Norm}
              %5: f32[] = scalar {value=@Epsilon}
              %6: f32[T, Hidden] = rms_norm(%3, %4, %5)
              %7: f32[Vocab, Hidden] = weight {name=@Head}
              %8: f32[T, Vocab] = linear(%6, %7)
            }

            func Blocks(%0: f32[T, Hidden], %1: i32[T]) -> %33 {
              tap(%0) {name=@hidden}
              %2: f32[Hidden] = weight {name=@InputNorm}
              %3: f32[] = scalar {value=@Epsilon}
              %4: f32[T, Hidden] = rms_norm(%0, %2, %3)
              %5: f32[HeadDim*Heads, Hidden] = weight {name=@Query}
              %6: f32[HeadDim*Heads] = weight {name=@QueryBias}
              %7: f32[T, HeadDim*Heads] = linear(%4, %5, %6)
              %8: f32[T, Heads, HeadDim] = reshape(%7) {trailing=[Heads, HeadDim]}
              %9: f32[T, Heads, HeadDim] = rotate(%8) {rotary=@Rope}
              %10: f32[HeadDim*KvHeads, Hidden] = weight {name=@Key}
              %11: f32[T, HeadDim*KvHeads] = linear(%4, %10)
              %12: f32[T, KvHeads, HeadDim] = reshape(%11) {trailing=[KvHeads, HeadDim]}
              %13: f32[T, KvHeads, HeadDim] = rotate(%12) {rotary=@Rope}
              %14: f32[HeadDim*KvHeads, Hidden] = weight {name=@Value}
              %15: f32[T, HeadDim*KvHeads] = linear(%4, %14)
              %16: f32[T, KvHeads, HeadDim] = reshape(%15) {trailing=[KvHeads, HeadDim]}
              %17: f32[T, Heads, HeadDim] = attend(%9, %13, %16) {window=Window}
              %18: f32[T, HeadDim*Heads] = reshape(%17) {trailing=[HeadDim*Heads]}
              %19: f32[Hidden, HeadDim*Heads] = weight {name=@Output}
              %20: f32[T, Hidden] = linear(%18, %19)
              %21: f32[T, Hidden] = add(%0, %20)
              %22: f32[Hidden] = weight {name=@PostNorm}
              %23: f32[] = scalar {value=@Epsilon}
              %24: f32[T, Hidden] = rms_norm(%21, %22, %23)
              %25: f32[Inner, Hidden] = weight {name=@Gate}
              %26: f32[T, Inner] = linear(%24, %25)
              %27: f32[T, Inner] = silu(%26)
              %28: f32[Inner, Hidden] = weight {name=@Up}
              %29: f32[T, Inner] = linear(%24, %28)
              %30: f32[T, Inner] = mul(%27, %29)
              %31: f32[Hidden, Inner] = weight {name=@Down}
              %32: f32[T, Hidden] = linear(%30, %31)
              %33: f32[T, Hidden] = add(%21, %32)
            }

            """,
            ModuleText.Print(module!));
    }

    [Fact]
    public void Dims_of_one_setting_share_a_symbol_and_other_dims_get_a_number()
    {
        var block = new SpecBuilder("Part")
            .Dim("Width", "hidden_size")
            .Dim("Hidden", "intermediate_size")
            .Weight("Table", "part.table", "Width, Hidden")
            .Function("Forward", [("x", ParameterKind.Tensor)], static f => f.Return(f.Op("Linear", f.Op("Linear", f["x"], f["Table"]), f["Table"])));
        var spec = new SpecBuilder("M")
            .Dim("Hidden", "hidden_size")
            .Weight("Table", "table", "7, Hidden")
            .Child("Part", "p", block)
            .Forward(static f => f.Return(f.Op("Gather", f["Table"], f["tokens"])))
            .Build(block);
        var module = Lower(spec);
        Assert.Equal(["Hidden = hidden_size", "Hidden2 = intermediate_size"], module.Dims.Select(static dim => $"{dim.Name} = {dim.Path}"));
    }

    [Fact]
    public void A_score_reads_positions_heads_options_sizes_and_parameters()
    {
        var module = Lower(Model(static f =>
        {
            var x = f.Reshape(f.Op("Gather", f["Table"], f["tokens"]), f.Int(2), f["Half"]);
            var score = f.Score((s, at) =>
            {
                var distance = f.Op("Add", f.Op("Subtract", at("Query"), at("Key")), f.Op("Multiply", f["Half"], f["Epsilon"]));
                return f.Op("Subtract", s, f.Op("Multiply", f.Op("Gather", f["Slopes"], at("Head")), distance));
            });
            f.Return(f.Reshape(f.Op("Attend", x, x, x, null, f.Float(0.5), score), f.Op("Multiply", f.Int(2), f["Half"])));
        }));
        var attend = Assert.Single(module.Main.Nodes, static node => node.Op == "attend");
        Assert.Equal(4, attend.Operands.Count);
        Assert.Equal("(sub score (mul #3[head] (add (sub query key) (mul @{Half} @Epsilon))))", attend.Score!.ToString());
        Assert.Equal(new NumberValue(0.5), attend["scale"]);
    }

    [Fact]
    public void Masked_keys_get_the_score_minus_infinity_and_sinks_the_head_index()
    {
        var module = Lower(Model(static f =>
        {
            var x = f.Reshape(f.Op("Gather", f["Table"], f["tokens"]), f.Int(2), f["Half"]);
            var visible = f.Visible(at => f.Op("Less", f.Op("Subtract", at("Query"), at("Key")), f["Half"]));
            f.Return(f.Reshape(f.Op("Attend", x, x, x, null, null, null, visible, f["Slopes"]), f.Op("Multiply", f.Int(2), f["Half"])));
        }));
        var attend = Assert.Single(module.Main.Nodes, static node => node.Op == "attend");
        Assert.Equal("(where (is_less (sub query key) @{Half}) score -.inf)", attend.Score!.ToString());
        Assert.Equal("#3[head]", Assert.IsType<ScoreValue>(attend["sinks"]).Body.ToString());
        Assert.Null(attend["visible"]);
    }

    [Fact]
    public void Known_numbers_are_folded_and_dims_become_scalars_of_the_graph()
    {
        var module = Lower(Model(static f =>
        {
            var known = f.Op("Sqrt", f.Op("Add", f.Float(1.5), f.Int(1)));
            f.Return(f.Op("Multiply", f.Op("Multiply", f.Op("Gather", f["Table"], f["tokens"]), known), f.Op("Rsqrt", f["Half"])));
        }));
        Assert.Equal(["weight", "gather", "scalar", "mul", "scalar", "rsqrt", "mul"], module.Main.Nodes.Select(static node => node.Op));
        Assert.Equal(new NumberValue(Math.Sqrt(2.5)), module.Main.Nodes[2]["value"]);
        Assert.Equal(new SizeValue(Size.Symbol("Half")), module.Main.Nodes[4]["value"]);
    }

    [Fact]
    public void A_node_has_the_class_and_the_id_of_its_expression_as_origin()
    {
        int id = 0;
        var module = Lower(Model(f => f.Return(WithId(f.Op("Gather", f["Table"], f["tokens"]), out id))));
        Assert.Equal(new Origin("Tests.M", id), module.Main.Nodes.Single(static node => node.Op == "gather").Origin);
    }

    [Fact]
    public void A_loop_carries_assigned_tensors_and_captures_the_others()
    {
        var block = new SpecBuilder("Part").Function(
            "Forward",
            [("x", ParameterKind.Tensor), ("y", ParameterKind.Tensor)],
            static f => f.Return(f.Op("Add", f["x"], f["y"])));
        var spec = Start().Child("Parts", "parts.{i}", block, "3").Forward(static f => f
            .Set("x", f.Op("Gather", f["Table"], f["tokens"]))
            .Set("y", f.Op("Exp", f["x"]))
            .ForEach("part", "Parts", static loop => loop.Set("x", loop.Call("part", "Forward", loop["x"], loop["y"])))
            .Return(f["x"])).Build(block);
        Assert.Equal(
            """
            module M
            dim Half = "half"
            option float Epsilon = "eps" default 1
            weight Table "table" [5, 2*Half]

            func main(%0: i32[T]) -> %4 {
              %1: f32[5, 2*Half] = weight {name=@Table}
              %2: f32[T, 2*Half] = gather(%1, %0)
              %3: f32[T, 2*Half] = exp(%2)
              %4: f32[T, 2*Half] = loop(%2, %0, %3) {count=3, body=@Parts}
              tap(%4) {name=@residual}
            }

            func Parts(%0: f32[T, 2*Half], %1: i32[T], %2: f32[T, 2*Half]) -> %3 {
              tap(%0) {name=@hidden}
              %3: f32[T, 2*Half] = add(%0, %2)
            }

            """,
            ModuleText.Print(Lower(spec)));
    }

    private static Module Lower(ModelSpec spec)
    {
        var (module, diagnostics) = ModelLowering.Lower(spec);
        Assert.Empty(diagnostics);
        Verifier.Verify(module!);
        return module!;
    }

    private static SpecBuilder Start() => new SpecBuilder("M")
        .Dim("Half", "half")
        .Option("Epsilon", OptionKind.Float, "eps", "1")
        .Weight("Table", "table", "5, 2 * Half")
        .Weight("Slopes", "slopes", "2");

    private static ModelSpec Model(Action<BodyBuilder> forward) => Start().Forward(forward).Build();

    private static Expression WithId(Expression expression, out int id)
    {
        id = expression.Id;
        return expression;
    }
}
