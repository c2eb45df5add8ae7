using Cambium.Compiler;
using Cambium.Compiler.Spec;
using Cambium.Tests.Specs;
using Snapshooter.Xunit;
using Xunit;

namespace Cambium.Tests.Emit;

/// <summary>Snapshots of the generated code of one small model per skeleton, with an assertion of the fact that each snapshot shows.</summary>
public sealed class SkeletonTests
{
    [Fact]
    public void Gather_scales_a_row_while_it_is_in_cache()
    {
        // Every row is scaled, not only those whose result is wanted: attention reads them all.
        var code = Program(Model("Scaled")
            .Forward(static f => f
                .Set("x", f.Reshape(f.Op("Multiply", f.Op("Gather", f["Table"], f["tokens"]), f.Float(0.5)), f.Int(1), f["Width"]))
                .Return(f.Reshape(f.Op("Attend", f["x"], f["x"], f["x"]), f["Width"]))));

        Assert.Contains("Cpu::Gather.RunTokens(step, w.TableGatherWeights, 0, 0, ", code);
        Assert.Contains("struct TableGather : Cpu::IRowKernel", code);
        Snapshot.Match(code);
    }

    [Fact]
    public void Ops_that_need_whole_rows_run_rowwise()
    {
        var code = Program(Model("Normed").Weight("Gain", "gain", "Width")
            .Forward(static f =>
                f.Return(f.Op("RmsNorm", f.Op("Linear", f.Op("Gather", f["Table"], f["tokens"]), f["Square"]), f["Gain"], f.Float(1e-5)))));

        Assert.Contains("Cpu::Rowwise.Run(step.Team, step.OutputCount,", code);
        Snapshot.Match(code);
    }

    [Fact]
    public void Matmul_fuses_a_norm_before_and_an_activation_after()
    {
        var code = Program(Model("Fed").Weight("Gain", "gain", "Width").Weight("Wide", "wide", "4 * Width, Width")
            .Forward(static f =>
                f.Return(
                    f.Op("Gelu", f.Op("Linear", f.Op("RmsNorm", f.Op("Gather", f["Table"], f["tokens"]), f["Gain"], f.Float(1e-5)), f["Wide"])))));

        Assert.Contains("struct WidePrologue : Cpu::IPrologue", code);
        Assert.Contains("Cpu::Functions.Gelu(productLanes)", code);
        Snapshot.Match(code);
    }

    [Fact]
    public void Attend_takes_the_score_function_into_its_kernel()
    {
        var code = Program(Model("Seeing").Dim("Heads", "heads").Dim("Size", "size")
            .Weight("Ask", "ask", "Heads * Size, Width").Weight("Tell", "tell", "Heads * Size, Width").Weight("Say", "say", "Heads * Size, Width")
            .Weight("Slope", "slope", "Heads")
            .Forward(static f => f
                .Set("x", f.Op("Gather", f["Table"], f["tokens"]))
                .Set("q", f.Reshape(f.Op("Linear", f["x"], f["Ask"]), f["Heads"], f["Size"]))
                .Set("k", f.Reshape(f.Op("Linear", f["x"], f["Tell"]), f["Heads"], f["Size"]))
                .Set("v", f.Reshape(f.Op("Linear", f["x"], f["Say"]), f["Heads"], f["Size"]))
                .Return(f.Reshape(
                    f.Op("Attend", f["q"], f["k"], f["v"], null, null,
                        f.Score((s, at) =>
                            f.Op("Subtract", s, f.Op("Multiply", f.Op("Gather", f["Slope"], at("Head")), f.Op("Subtract", at("Query"), at("Key")))))),
                    f.Op("Multiply", f["Heads"], f["Size"])))));

        Assert.Contains("struct AttentionScore : Cpu::IScore", code);
        Assert.Contains("Cpu::Attend.StoreKey<V>(", code);
        Snapshot.Match(code);
    }

    [Fact]
    public void A_score_computes_a_repeated_value_once()
    {
        var code = Program(
            Model("Bucketed").Dim("Heads", "heads").Dim("Size", "size").Weight("Near", "near", "Width, Heads").Weight("Sinks", "sinks", "Heads")
            .Forward(static f => f
                .Set("x", f.Reshape(f.Op("Linear", f.Op("Gather", f["Table"], f["tokens"]), f["Square"]), f["Heads"],
                    f.Op("Divide", f["Width"], f["Heads"])))
                .Return(f.Reshape(
                    f.Op("Attend", f["x"], f["x"], f["x"], null, null,
                        f.Score((s, at) =>
                        {
                            var distance = f.Op("Abs", f.Op("Subtract", at("Query"), at("Key")));
                            return f.Op("Where", f.Op("Less", distance, f["Width"]), f.Op("Add", s, f.LookUp(f["Near"], distance, at("Head"))),
                                f.Op("Divide", s, f.Op("Log", f["Width"])));
                        }),
                        null, f["Sinks"]),
                    f["Width"]))));

        Assert.Contains("var abs = V.Abs(V.Broadcast(queryPosition) - keyPosition);", code);
        Assert.Contains("Cpu::Functions.LookUp(Near, Width, Heads, abs, V.Broadcast(head))", code);
        Assert.Contains("}, w.Sinks);", code);
        Snapshot.Match(code);
    }

    [Fact]
    public void The_report_names_what_each_kernel_fuses()
    {
        var report = ModelCompiler.Compile(TinyLlama.Spec).Files[1].Text;

        Assert.Contains("product with Query, Key, Value", report);
        Assert.Contains("//     q       f32[T, Heads, HeadDim]", report);
        Assert.Contains("//   8*HeadDim*KvHeads*Layers", report);
        Assert.All(report.TrimEnd('\n').Split('\n'), static line => Assert.StartsWith("//", line));
        Snapshot.Match(report);
    }

    [Fact]
    public void A_default_that_divides_is_checked_for_a_remainder_at_load()
    {
        var code = Program(Model("Thirds").Dim("Heads", "heads").Dim("Size", "size", "3 * Width / Heads").Weight("Up", "up", "Size, Width")
            .Forward(static f => f.Return(f.Op("Linear", f.Op("Gather", f["Table"], f["tokens"]), f["Up"]))));

        Assert.Contains("() => Loading::Binding.Quotient(config, 3 * s.Width, s.Heads, \"3*Width / Heads\")", code);
    }

    private static SpecBuilder Model(string name) =>
        new SpecBuilder(name).Dim("Width", "width").Dim("Vocab", "vocab").Weight("Table", "table", "Vocab, Width")
            .Weight("Square", "square", "Width, Width");

    private static string Program(SpecBuilder model)
    {
        var result = ModelCompiler.Compile(model.Build());
        Assert.Empty(result.Diagnostics);
        return result.Files[0].Text;
    }
}
