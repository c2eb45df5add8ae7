using Cambium.Compiler.Kernels;
using Cambium.Compiler.Spec;
using Cambium.Tests.Specs;
using Xunit;

namespace Cambium.Tests.Kernels;

public sealed class MemoryPlanTests
{
    public static TheoryData<string> Models => new(Specs.Keys.Order(StringComparer.Ordinal));

    private static Dictionary<string, ModelSpec> Specs { get; } = new(StringComparer.Ordinal)
    {
        ["decoder"] = TinyLlama.Spec,
        ["odd"] = Odd.Spec,
        ["kept for later"] = Kept(),
        ["parallel residual"] = Parallel(),
        ["residual around one product"] = Around(),
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void No_two_buffers_that_are_needed_at_once_share_a_slot(string model)
    {
        var plan = Compiled.Plan(Specs[model]);

        foreach (var function in plan.Module.Functions)
        {
            for (var i = 0; i < function.Kernels.Count; i++)
            {
                var later = function.Kernels.Skip(i + 1).SelectMany(static kernel => kernel.Reads).Concat(function.Returns).ToHashSet();
                var present = function.Kernels.Take(i + 1).SelectMany(static kernel => kernel.Writes).Concat(function.Parameters);
                var live = present.Where(later.Contains).Concat(Simultaneous(function.Kernels[i])).Distinct()
                    .Where(value => plan.SlotOf(function.Name, value) is not null).ToList();
                Assert.Equal(live.Count, live.Select(value => plan.SlotOf(function.Name, value)!.Index).Distinct().Count());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_loop_ends_in_the_buffers_where_it_began(string model)
    {
        var plan = Compiled.Plan(Specs[model]);

        foreach (var body in plan.Module.Functions.Skip(1))
        {
            for (var i = 0; i < body.Returns.Count; i++)
                Assert.Same(plan.SlotOf(body.Name, body.Parameters[i]), plan.SlotOf(body.Name, body.Returns[i]));
        }

        foreach (var function in plan.Module.Functions)
        {
            foreach (var loop in function.Kernels.OfType<LoopKernel>())
                Assert.Equal(loop.Operands.Select(value => plan.SlotOf(function.Name, value)), plan.Module[loop.Body].Parameters.Select(value => plan.SlotOf(loop.Body, value)));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void No_result_takes_the_place_of_what_its_kernels_prologue_reads(string model)
    {
        // The prologue of one row may still run while the columns of another are finished.
        var plan = Compiled.Plan(Specs[model]);

        foreach (var function in plan.Module.Functions)
        {
            foreach (var matmul in function.Kernels.OfType<MatmulKernel>().Where(static matmul => matmul.Prologue is not null))
            {
                var read = matmul.Prologue!.Reads.Select(value => plan.SlotOf(function.Name, value)).ToHashSet();
                Assert.All(matmul.Writes, value => Assert.False(plan.SlotOf(function.Name, value) is { } slot && read.Contains(slot)));
            }
        }
    }

    [Fact]
    public void A_residual_stream_needs_no_copies()
    {
        var plan = Compiled.Plan(TinyLlama.Spec);

        Assert.DoesNotContain(plan.Module.Functions.SelectMany(static function => function.Kernels), static kernel => kernel.Fused.Contains("copy"));
        Assert.Equal(4, plan.Slots.Count);
    }

    [Fact]
    public void A_value_that_is_read_after_the_loop_is_copied_before_it()
    {
        var plan = Compiled.Plan(Specs["kept for later"]);

        Assert.Contains(plan.Module.Main.Kernels, static kernel => kernel.Fused.Contains("copy"));
    }

    // A gathered row may be worked on where it lies; everything else that a kernel writes exists at the same time.
    private static IEnumerable<int> Simultaneous(Kernel kernel) =>
        kernel is GatherKernel { After: not null } gather ? gather.Writes.Where(value => value != gather.Result) : kernel.Writes;

    /// <summary>The embedding is read again behind the loop that works on it.</summary>
    private static ModelSpec Kept()
    {
        var layer = new SpecBuilder("KeptLayer").Dim("Width", "width")
            .Weight("Mix", "mix", "Width, Width")
            .Function("Forward", [("x", ParameterKind.Tensor)], static f => f.Return(f.Op("Linear", f["x"], f["Mix"])));
        return new SpecBuilder("Kept").Dim("Width", "width").Dim("Depth", "depth").Dim("Vocab", "vocab")
            .Weight("Table", "table", "Vocab, Width").Child("Layers", "layers.{i}", layer, "Depth")
            .Forward(static f => f
                .Set("e", f.Op("Gather", f["Table"], f["tokens"]))
                .Set("x", f["e"])
                .ForEach("layer", "Layers", static loop => loop.Set("x", loop.Call("layer", "Forward", loop["x"])))
                .Return(f.Op("Linear", f.Op("Add", f["x"], f["e"]), f["Table"])))
            .Build(layer);
    }

    /// <summary>What the product's prologue reads is what its epilogue adds, and nobody reads it again.</summary>
    private static ModelSpec Around()
    {
        var layer = new SpecBuilder("AroundLayer").Dim("Width", "width").Weight("Mix", "mix", "Width, Width")
            .Function("Forward", [("x", ParameterKind.Tensor)], static f => f.Return(f.Op("Add", f["x"], f.Op("Linear", f.Op("Tanh", f["x"]), f["Mix"]))));
        return new SpecBuilder("Around").Dim("Width", "width").Dim("Depth", "depth").Dim("Vocab", "vocab")
            .Weight("Table", "table", "Vocab, Width").Child("Layers", "layers.{i}", layer, "Depth")
            .Forward(static f => f
                .Set("x", f.Op("Gather", f["Table"], f["tokens"]))
                .ForEach("layer", "Layers", static loop => loop.Set("x", loop.Call("layer", "Forward", loop["x"])))
                .Return(f.Op("Linear", f["x"], f["Table"])))
            .Build(layer);
    }

    /// <summary>Both branches of a layer read its input, and the sum of all three goes on.</summary>
    private static ModelSpec Parallel()
    {
        var layer = new SpecBuilder("ParallelLayer").Dim("Width", "width").Dim("Wide", "wide")
            .Weight("Gain", "gain", "Width").Weight("Up", "up", "Wide, Width").Weight("Down", "down", "Width, Wide").Weight("Mix", "mix", "Width, Width")
            .Function("Forward", [("x", ParameterKind.Tensor)], static f => f
                .Set("h", f.Op("RmsNorm", f["x"], f["Gain"], f.Float(1e-6)))
                .Set("y", f.Op("Linear", f.Op("Gelu", f.Op("Linear", f["h"], f["Up"])), f["Down"]))
                .Set("z", f.Op("Linear", f.Op("Tanh", f["x"]), f["Mix"]))
                .Return(f.Op("Add", f.Op("Add", f["x"], f["y"]), f["z"])));
        return new SpecBuilder("Parallel").Dim("Width", "width").Dim("Depth", "depth").Dim("Vocab", "vocab")
            .Weight("Table", "table", "Vocab, Width").Child("Layers", "layers.{i}", layer, "Depth")
            .Forward(static f => f
                .Set("x", f.Op("Gather", f["Table"], f["tokens"]))
                .ForEach("layer", "Layers", static loop => loop.Set("x", loop.Call("layer", "Forward", loop["x"])))
                .Return(f.Op("Linear", f["x"], f["Table"])))
            .Build(layer);
    }
}
