using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Tests.Specs;
using Xunit;

namespace Cambium.Tests.Kernels;

public sealed class ArenaTests
{
    [Theory]
    [MemberData(nameof(SampleSpecs.Names), MemberType = typeof(SampleSpecs))]
    public void No_two_buffers_that_are_needed_at_once_share_a_slot(string model)
    {
        var kernels = Compiled.Kernels(SampleSpecs.Get(model));

        foreach (var function in kernels.Functions)
        {
            for (var i = 0; i < function.Kernels.Count; i++)
            {
                var later = function.Kernels.Skip(i + 1).SelectMany(static kernel => kernel.Reads).Concat(function.Returns).ToHashSet();
                var present = function.Kernels.Take(i + 1).SelectMany(static kernel => kernel.Writes).Concat(function.Parameters);
                var live = present.Where(later.Contains).Concat(Simultaneous(function.Kernels[i])).Distinct()
                    .Where(value => kernels.Arena!.SlotOf(function.Name, value) is not null).ToList();
                Assert.Equal(live.Count, live.Select(value => kernels.Arena!.SlotOf(function.Name, value)!.Index).Distinct().Count());
            }
        }
    }

    [Theory]
    [MemberData(nameof(SampleSpecs.Names), MemberType = typeof(SampleSpecs))]
    public void A_loop_ends_in_the_buffers_in_which_it_began(string model)
    {
        var kernels = Compiled.Kernels(SampleSpecs.Get(model));

        foreach (var body in kernels.Functions.Where(function => !kernels.IsEntry(function)))
        {
            for (var i = 0; i < body.Returns.Count; i++)
                Assert.Same(kernels.Arena!.SlotOf(body.Name, body.Parameters[i]), kernels.Arena!.SlotOf(body.Name, body.Returns[i]));
        }

        foreach (var function in kernels.Functions)
        {
            foreach (var loop in function.Kernels.OfType<LoopKernel>())
                Assert.Equal(loop.Operands.Select(value => kernels.Arena!.SlotOf(function.Name, value)),
                    kernels[loop.Body].Parameters.Select(value => kernels.Arena!.SlotOf(loop.Body, value)));
        }
    }

    [Theory]
    [MemberData(nameof(SampleSpecs.Names), MemberType = typeof(SampleSpecs))]
    public void No_result_overwrites_an_input_of_its_prologue(string model)
    {
        // The prologue of one row may still run while the columns of another are finished.
        var kernels = Compiled.Kernels(SampleSpecs.Get(model));

        foreach (var function in kernels.Functions)
        {
            foreach (var matmul in function.Kernels.OfType<MatmulKernel>().Where(static matmul => matmul.Prologue is not null))
            {
                var read = matmul.Prologue!.Reads.Select(value => kernels.Arena!.SlotOf(function.Name, value)).ToHashSet();
                Assert.All(matmul.Writes, value => Assert.False(kernels.Arena!.SlotOf(function.Name, value) is { } slot && read.Contains(slot)));
            }
        }
    }

    [Fact]
    public void A_residual_stream_needs_no_copies()
    {
        var kernels = Compiled.Kernels(TinyLlama.Spec);

        Assert.DoesNotContain(kernels.Functions.SelectMany(static function => function.Kernels),
            static kernel => kernel is RowwiseKernel { IsCopy: true });
        Assert.Equal(4, kernels.Arena!.SlotsOf(kernels.Main.Name).Count);
    }

    [Fact]
    public void A_value_that_is_read_after_the_loop_is_copied_before_it()
    {
        var kernels = Compiled.Kernels(SampleSpecs.Get("kept for later"));

        Assert.Contains(kernels.Main.Kernels, static kernel => kernel is RowwiseKernel { IsCopy: true });
    }

    // A kernel may work on a gathered row in place. All other values that it writes exist at the same time.
    private static IEnumerable<int> Simultaneous(Kernel kernel) =>
        kernel is GatherKernel { After: not null } gather ? gather.Writes.Where(value => value != gather.Result) : kernel.Writes;
}
