using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;
using Cambium.Tests.Kernels;
using Cambium.Tests.Specs;
using Snapshooter.Xunit;
using Xunit;

namespace Cambium.Tests.Plan;

/// <summary>What is decided before a target prints, and the rules that the plan must keep.</summary>
public sealed class PlanTests
{
    private static ProgramPlan Decoder => Compiled.ProgramPlan(TinyLlama.Spec);

    [Fact]
    public void The_plan_of_a_decoder_equals_its_snapshot() => Snapshot.Match(PlanText.Print(Decoder));

    [Theory]
    [MemberData(nameof(SampleSpecs.Names), MemberType = typeof(SampleSpecs))]
    public void The_plan_of_every_sample_keeps_the_rules(string model) => PlanVerifier.Verify(Compiled.ProgramPlan(SampleSpecs.Get(model)));

    [Fact]
    public void A_score_that_occurs_twice_is_computed_once()
    {
        var difference =
            new ScalarExpression.Apply("abs",
                new ScalarExpression.Apply("sub", new ScalarExpression.Input("query"), new ScalarExpression.Input("key")));
        var score = ScoreProgram.Of(
            new ScalarExpression.Apply("mul", difference, new ScalarExpression.Apply("add", difference, new ScalarExpression.Input("score"))));

        Assert.Equal("(abs (sub query key))", Assert.Single(score.Lets).Value.ToString());
        Assert.Equal("(mul %0 (add %0 score))", score.Result.ToString());
    }

    [Fact]
    public void Checkpoint_numbers_are_not_locals_of_a_score()
    {
        // It has no value per key: the host computes it once for each launch.
        var factor = new ScalarExpression.Apply("sqrt", new ScalarExpression.Symbol("Slope"));
        var score = ScoreProgram.Of(
            new ScalarExpression.Apply("mul", factor, new ScalarExpression.Apply("add", factor, new ScalarExpression.Input("score"))));

        Assert.Empty(score.Lets);
    }

    [Fact]
    public void An_entry_point_takes_working_memory_for_its_own_kernels_only()
    {
        var plan = Compiled.ProgramPlan(SampleSpecs.Get("two entry points"));

        Assert.Equal(2, plan.Entries.Count);
        Assert.All(plan.Entries, entry => Assert.All(entry.Slots, slot => Assert.Equal(entry.Info.Function, slot.Slot.Entry)));
        Assert.True(plan.Entries[0].Slots.Count > plan.Entries[1].Slots.Count);
    }

    [Fact]
    public void Observers_see_the_input_of_each_block_and_of_the_head()
    {
        var body = Decoder.Functions.Single(static function => function.IsInLoop);
        var block = Assert.Single(body.Observations);
        var head = Decoder.Functions[0].Observations[^1];

        Assert.Equal((ObservationPoint.Hidden, -1, "T", "Hidden"), (block.Name, block.AfterKernel, block.Rows.ToString(), block.Width.ToString()));
        Assert.Equal((ObservationPoint.Hidden, Decoder.Functions[0].Kernels.Count - 1, "S"), (head.Name, head.AfterKernel, head.Rows.ToString()));
    }

    [Fact]
    public void Observers_see_the_residual_stream_after_the_last_block()
    {
        var main = Decoder.Functions[0];
        var residual = main.Observations[0];

        Assert.Equal(("residual", 0, "T"), (residual.Name, residual.Index, residual.Rows.ToString()));
        Assert.IsType<LoopKernel>(main.Kernels[residual.AfterKernel].Kernel);
    }

    [Fact]
    public void The_verifier_finds_a_field_that_two_values_share() =>
        Breaks("two fields of", static function => WithSlot(function, static slot => slot with { Fields = [.. slot.Fields, slot.Fields[0]] }));

    [Fact]
    public void The_verifier_finds_a_slot_without_a_struct() =>
        Breaks("expected the slots",
            static function => function with { Kernels = [.. function.Kernels.Select(static kernel => kernel with { Slots = [] })] });

    [Fact]
    public void The_verifier_finds_a_layer_outside_of_a_loop() => Breaks(
        "a layer exists only inside of a loop",
        static function => function.IsInLoop
            ? function
            : WithSlot(function, static slot => slot with { Fields = [.. slot.Fields, new KernelField("Layer2", new FieldSource.Layer())] }));

    [Fact]
    public void The_verifier_finds_a_weight_that_no_kernel_reads() => Breaks(
        "no kernel reads Missing as floats",
        static function =>
            WithSlot(function,
                static slot => slot with { Fields = [.. slot.Fields, new KernelField("Missing", new FieldSource.Weight("Missing"))] }));

    [Fact]
    public void The_verifier_finds_an_observation_of_the_result() => Breaks(
        "it is not in working memory",
        static function =>
            function with { Observations = [.. function.Observations.Select(point => point with { Buffer = function.Function.Returns[0] })] });

    [Fact]
    public void The_verifier_finds_an_input_of_floats_that_is_not_copied() => Breaks(
        "does not copy exactly the inputs of floats",
        static function => function.Entry is null ? function : function with { Copies = [new InputCopy(0, 0, Size.One)] });

    [Fact]
    public void The_verifier_finds_a_missing_limit_of_ids()
    {
        var plan = Decoder;
        var unlimited =
            plan.Entries.Select(static entry => entry with { Inputs = [.. entry.Inputs.Select(static input => input with { Limits = [] })] });

        var error = Assert.Throws<InvalidPlanException>(() => PlanVerifier.Verify(plan with { Entries = [.. unlimited] }));
        Assert.Contains("is not limited to the rows of Embedding", error.Message);
    }

    [Fact]
    public void The_verifier_finds_a_tensor_that_is_not_checked()
    {
        var plan = Decoder;

        var error = Assert.Throws<InvalidPlanException>(() =>
            PlanVerifier.Verify(plan with { Load = plan.Load with { Tensors = [.. plan.Load.Tensors.Skip(1)] } }));
        Assert.Contains("is read and not checked", error.Message);
    }

    private static void Breaks(string expected, Func<FunctionPlan, FunctionPlan> corrupt)
    {
        var plan = Decoder;
        PlanVerifier.Verify(plan);

        var error = Assert.Throws<InvalidPlanException>(() => PlanVerifier.Verify(plan with { Functions = [.. plan.Functions.Select(corrupt)] }));
        Assert.Contains(expected, error.Message);
    }

    /// <summary>Changes the first slot of the first kernel that has one.</summary>
    private static FunctionPlan WithSlot(FunctionPlan function, Func<SlotPlan, SlotPlan> change)
    {
        var kernels = function.Kernels.ToList();
        var at = kernels.FindIndex(static kernel => kernel.Slots.Count > 0);
        kernels[at] = kernels[at] with { Slots = [change(kernels[at].Slots[0]), .. kernels[at].Slots.Skip(1)] };
        return function with { Kernels = kernels };
    }
}
