using Cambium.Compiler.Collections;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;
using Cambium.Tests.Specs;
using Xunit;

namespace Cambium.Tests.Kernels;

/// <summary>Each rule of the verifier finds an error that is put into the kernels of a real model.</summary>
public sealed class KernelVerifierTests
{
    private static KernelModule Decoder => Compiled.Kernels(TinyLlama.Spec);

    [Theory]
    [MemberData(nameof(SampleSpecs.Names), MemberType = typeof(SampleSpecs))]
    public void The_text_of_kernels_reads_back(string model)
    {
        var kernels = Compiled.Kernels(SampleSpecs.Get(model));
        var text = KernelText.Print(kernels, withSlots: true);
        var parsed = KernelParser.Parse(text, kernels.Module);

        KernelVerifier.Verify(parsed);
        Assert.Equal(text, KernelText.Print(parsed, withSlots: true));
    }

    [Fact]
    public void An_error_in_kernel_text_names_its_line()
    {
        var error = Assert.Throws<FormatException>(() => KernelParser.Parse("entry main()\n  turn %0\n", Decoder.Module));

        Assert.Equal("line 2: expected a kernel, found 'turn %0'", error.Message);
    }

    [Fact]
    public void A_missing_body_is_found() =>
        Finds("runs Missing, which does not exist", Change("main", static (LoopKernel loop) => loop with { Body = "Missing" }));

    [Fact]
    public void A_body_that_two_loops_run_is_found() => Finds(
        "Blocks is run from two places",
        Function("main",
            static function => function with { Kernels = [.. function.Kernels.Take(2), function.Kernels[1], .. function.Kernels.Skip(2)] }));

    [Fact]
    public void An_operand_without_a_parameter_is_found() =>
        Finds("passes 0 buffers to Blocks, which has 1 parameters", Change("main", static (LoopKernel loop) => loop with { Operands = [] }));

    [Fact]
    public void A_value_without_a_type_is_found() =>
        Finds("has no type", Function("main", static function => function with { Types = new Dictionary<int, TensorType>() }));

    [Fact]
    public void A_read_before_the_write_is_found() =>
        Finds("before it is written",
            Function("Blocks",
                static function => function with { Kernels = [function.Kernels[1], function.Kernels[0], .. function.Kernels.Skip(2)] }));

    [Fact]
    public void A_value_that_is_written_twice_is_found() =>
        Finds("is written twice", Function("main", static function => function with { Kernels = [function.Kernels[0], .. function.Kernels] }));

    [Fact]
    public void A_result_that_is_never_written_is_found() =>
        Finds("which is never written", Function("main", static function => function with { Kernels = [.. function.Kernels.Take(2)] }));

    [Fact]
    public void A_product_with_other_rows_is_found() =>
        Finds("has S rows", Change("main", static (MatmulKernel matmul) => matmul with { Rows = Size.Rows }));

    [Fact]
    public void An_epilogue_that_misses_columns_of_its_product_is_found() => Finds(
        "are not the HeadDim*Heads columns of Query",
        Epilogue(static epilogue => epilogue.Stages.Any(static stage => stage is RowStage.Rotate),
            static epilogue => epilogue with { Groups = epilogue.Groups + Size.One }));

    [Fact]
    public void A_row_that_is_not_groups_times_width_is_found() => Finds(
        "the program reads Hidden + 1",
        Change("main",
            static (MatmulKernel matmul) => matmul with { Prologue = matmul.Prologue! with { Width = matmul.Prologue.Width! + Size.One } }));

    [Fact]
    public void An_input_of_another_width_is_found() =>
        Finds("its input has Hidden elements, not Hidden + 1",
            Change("main", static (MatmulKernel matmul) => matmul with { Inputs = matmul.Inputs + Size.One }));

    [Fact]
    public void A_query_of_other_heads_is_found() =>
        Finds("a query has HeadDim*Heads elements",
            Change("Blocks", static (AttendKernel attend) => attend with { Heads = attend.Heads + Size.One }));

    [Fact]
    public void A_missing_part_of_a_product_is_found() => Finds(
        "product7 does not exist",
        Epilogue(
            static epilogue => epilogue.Inputs.Any(static input => input.Place is Place.Product),
            static epilogue => epilogue with
            {
                Inputs = epilogue.Inputs
                    .Select(static input => input.Place is Place.Product ? input with { Place = new Place.Product(7) } : input)
                    .ToEquatableArray(),
            }));

    [Fact]
    public void A_read_of_an_overwritten_product_is_found() => Finds(
        "product0 is read after it was overwritten",
        Epilogue(
            static epilogue => epilogue.Inputs.Any(static input => input.Raw) && epilogue.Stages is [RowStage.Elements, ..],
            static epilogue =>
                epilogue with { Stages = epilogue.Stages.Prepend(new RowStage.Rotate(new Place.Product(0), "Rope", false)).ToEquatableArray() }));

    [Fact]
    public void A_local_that_is_read_before_it_is_computed_is_found() => Finds(
        "is read before it is computed",
        Change("main",
            static (MatmulKernel matmul) =>
                matmul with { Prologue = matmul.Prologue! with { Stages = matmul.Prologue.Stages.Reverse().ToEquatableArray() } }));

    [Fact]
    public void A_local_that_is_computed_twice_is_found() => Finds(
        "is computed twice",
        Change("main",
            static (MatmulKernel matmul) => matmul with
            {
                Prologue = matmul.Prologue! with { Stages = matmul.Prologue.Stages.Prepend(matmul.Prologue.Stages[0]).ToEquatableArray() },
            }));

    [Fact]
    public void An_append_to_an_unread_site_is_found() =>
        Finds("which no attention reads", Append(static append => append with { Site = new SiteReference(5, true) }));

    [Fact]
    public void Keys_that_are_appended_as_values_are_found() =>
        Finds("appends to site 0 by layer twice", Append(static append => append with { IsKey = false }));

    [Fact]
    public void A_site_without_layers_in_a_loop_is_found() =>
        Finds("has layers exactly if a loop runs its attention", AllSites(new SiteReference(0, false)));

    [Fact]
    public void A_gap_between_sites_is_found() => Finds("no attention has site 0", AllSites(new SiteReference(1, true)));

    [Fact]
    public void Attention_before_its_keys_are_appended_is_found() => Finds(
        "no kernel before it appends the keys",
        Epilogue(
            static epilogue => epilogue.Stages.Any(static stage => stage is RowStage.Append { IsKey: true }),
            static epilogue => epilogue with { Stages = epilogue.Stages.Where(static stage => stage is not RowStage.Append).ToEquatableArray() }));

    [Fact]
    public void Two_live_buffers_in_one_slot_are_found() =>
        FindsInText("slot 0 holds %3 of Blocks when %0 is read", "%3: f32[T, Heads, HeadDim] in slot 1", "%3: f32[T, Heads, HeadDim] in slot 0");

    [Fact]
    public void A_result_that_overwrites_an_input_of_the_prologue_is_found() =>
        FindsInText("overwrites %0 in slot 0 while it is read", "%2: f32[T, Heads, HeadDim] in slot 2", "%2: f32[T, Heads, HeadDim] in slot 0");

    [Fact]
    public void A_body_result_in_another_slot_is_found() =>
        FindsInText("is not in the slot of its carried parameter", "%7: f32[T, Hidden] in slot 0", "%7: f32[T, Hidden] in slot 1");

    [Fact]
    public void Buffers_of_different_rows_in_one_slot_are_found() =>
        FindsInText("too small for", "%2: f32[S, Hidden] in slot 3", "%2: f32[S, Hidden] in slot 1");

    [Fact]
    public void A_buffer_without_a_slot_is_found() => FindsInText("has no slot", "%6: f32[T, Inner] in slot 2", "%6: f32[T, Inner]");

    [Fact]
    public void A_loop_result_in_another_slot_is_found() =>
        FindsInText("is not in the slot of the carried operand", "%1: f32[T, Hidden] in slot 0\n  %2: f32[S, Hidden]",
            "%1: f32[T, Hidden] in slot 1\n  %2: f32[S, Hidden]");

    private static KernelModule Function(string name, Func<KernelFunction, KernelFunction> change) =>
        Decoder is var kernels
            ? kernels with { Functions = [.. kernels.Functions.Select(function => function.Name == name ? change(function) : function)] }
            : throw new InvalidOperationException();

    private static KernelModule Change<T>(string name, Func<T, T> change)
        where T : Kernel =>
            Function(name,
                function => function with { Kernels = [.. function.Kernels.Select(kernel => kernel is T known ? change(known) : kernel)] });

    /// <summary>Changes the first epilogue of the layers that fits.</summary>
    private static KernelModule Epilogue(Func<RowProgram, bool> fits, Func<RowProgram, RowProgram> change)
    {
        var isChanged = false;
        var changed = Change<MatmulKernel>("Blocks", matmul => matmul with
        {
            Segments = matmul.Segments.Select(segment =>
            {
                if (isChanged || !fits(segment.Epilogue))
                    return segment;
                isChanged = true;
                return segment with { Epilogue = change(segment.Epilogue) };
            }).ToEquatableArray(),
        });
        Assert.True(isChanged);
        return changed;
    }

    private static KernelModule Append(Func<RowStage.Append, RowStage.Append> change) => Epilogue(
        static epilogue => epilogue.Stages.Any(static stage => stage is RowStage.Append { IsKey: true }),
        epilogue =>
            epilogue with { Stages = epilogue.Stages.Select(stage => stage is RowStage.Append append ? change(append) : stage).ToEquatableArray() });

    private static KernelModule AllSites(SiteReference site) => Function("Blocks", function => function with
    {
        Kernels = [.. function.Kernels.Select(kernel => kernel switch
        {
            AttendKernel attend => attend with { Site = site },
            MatmulKernel matmul => matmul with
            {
                Segments = matmul.Segments.Select(segment => segment with
                {
                    Epilogue = segment.Epilogue with
                    {
                        Stages = segment.Epilogue.Stages
                            .Select(stage => stage is RowStage.Append append ? append with { Site = site } : stage).ToEquatableArray(),
                    },
                }).ToEquatableArray(),
            },
            _ => kernel,
        })],
    });

    private static void Finds(string expected, KernelModule corrupted)
    {
        KernelVerifier.Verify(Decoder);

        var error = Assert.Throws<InvalidKernelsException>(() => KernelVerifier.Verify(corrupted));
        Assert.Contains(expected, error.Message);
    }

    private static void FindsInText(string expected, string before, string after)
    {
        var kernels = Decoder;
        var text = KernelText.Print(kernels, withSlots: true);
        Assert.Contains(before, text);

        var error = Assert.Throws<InvalidKernelsException>(() =>
            KernelVerifier.Verify(KernelParser.Parse(text.Replace(before, after), kernels.Module)));
        Assert.Contains(expected, error.Message);
    }
}
