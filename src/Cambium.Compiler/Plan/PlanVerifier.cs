using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>Checks that a plan is complete: an emitter finds every name, field and weight that the kernels refer to.</summary>
public static class PlanVerifier
{
    /// <exception cref="InvalidPlanException">The plan breaks a rule; the message names the place.</exception>
    public static void Verify(ProgramPlan plan)
    {
        Functions(plan);
        foreach (var function in plan.Functions)
        {
            Buffers(plan, function);
            Kernels(plan, function);
            Observations(plan, function);
        }

        Slots(plan);
        Weights(plan);
        Limits(plan);
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new InvalidPlanException(message);
    }

    private static void Functions(ProgramPlan plan)
    {
        Require(plan.Functions.Select(static function => function.Function).SequenceEqual(plan.Kernels.Functions),
            "the plan has other functions than the kernels");
        Require(plan.Entries.Select(static entry => entry.Info).SequenceEqual(plan.Module.Entries),
            "the plan has other entry points than the module");
        Unique(plan.Functions.Select(static function => function.Name), "methods");
        foreach (var function in plan.Functions)
        {
            Require(function.Kernels.Select(static kernel => kernel.Kernel).SequenceEqual(function.Function.Kernels),
                $"{function.Name} has other kernels than its function");
            Require(function.IsInLoop == plan.Kernels.IsInLoop(function.Function),
                $"{function.Name}: a function has a layer exactly if a loop runs it");
        }

        Unique(plan.Functions.SelectMany(static function => function.Kernels).Select(static kernel => kernel.Name)
            .Where(static name => name.Length > 0), "kernels");
        Unique(plan.Functions.SelectMany(static function => function.Kernels).SelectMany(static kernel => kernel.Slots)
            .Select(static slot => slot.Name), "structs");
    }

    private static void Buffers(ProgramPlan plan, FunctionPlan function)
    {
        var values =
            function.Function.Parameters.Concat(function.Function.Kernels.SelectMany(static kernel => kernel.Writes.Concat(kernel.Reads))).Distinct()
            .Where(value => plan.SlotOf(function.Function, value) is not null).ToList();
        Unique(values.Select(value => plan.BufferName(function.Function, value)), $"buffers of {function.Name}");
        if (function.Entry is { } entry)
        {
            Require(entry.Results.Count == function.Function.Returns.Count,
                $"{function.Name} returns {function.Function.Returns.Count} values as {entry.Results.Count} results");
            var inputs = entry.Inputs.Select(static (input, index) => (input, index)).Where(static pair => pair.input.Width is not null).ToList();
            Require(function.Copies.Select(static copy => copy.Index).SequenceEqual(inputs.Select(static pair => pair.index)),
                $"{function.Name} does not copy exactly the inputs of floats");
        }
        else
        {
            Require(function.Copies.Count == 0, $"{function.Name} copies inputs and is not an entry point");
        }
    }

    private static void Kernels(ProgramPlan plan, FunctionPlan function)
    {
        foreach (var kernel in function.Kernels)
        {
            var expected = kernel.Kernel switch
            {
                GatherKernel { After: not null } or RowwiseKernel => [SlotKind.Row],
                MatmulKernel { Prologue: not null } => [SlotKind.Prologue, SlotKind.Epilogue],
                MatmulKernel => [SlotKind.Epilogue],
                AttendKernel { Score: not null } => [SlotKind.Score],
                _ => Array.Empty<SlotKind>(),
            };
            var where = $"{function.Name}, {kernel.Name}";
            Require(kernel.Slots.Select(static slot => slot.Kind).SequenceEqual(expected),
                $"{where}: expected the slots [{string.Join(", ", expected)}]");
            foreach (var slot in kernel.Slots)
            {
                Unique(slot.Fields.Select(static field => field.Name), $"fields of {slot.Name}");
                foreach (var field in slot.Fields)
                    Field(plan, function, slot, field);
            }

            if (kernel.Score is { } score)
                Score(where, score);
            if (kernel.PositionFreeScore is { } positionFree)
                Score(where, positionFree);
        }
    }

    private static void Field(ProgramPlan plan, FunctionPlan function, SlotPlan slot, KernelField field)
    {
        var where = $"field {field.Name} of {slot.Name}";
        switch (field.Source)
        {
            case FieldSource.Layer:
                Require(function.IsInLoop, $"{where}: a layer exists only inside of a loop");
                break;
            case FieldSource.Weight weight:
                Require(plan.Weights.Vectors.Any(vector => vector.Weight.Name == weight.Name), $"{where}: no kernel reads {weight.Name} as floats");
                break;
            case FieldSource.Rotary rotary:
                Require(plan.Weights.Rotaries.Any(use => use.Option.Name == rotary.Option),
                    $"{where}: {rotary.Option} is not a rotary table of the program");
                break;
            case FieldSource.Result { Index: var index }:
                Require(index >= 0 && index < function.Entry?.Results.Count, $"{where}: {function.Name} has no result {index}");
                break;
            case FieldSource.Buffer buffer:
                Require(plan.SlotOf(function.Function, buffer.Value) is not null, $"{where}: %{buffer.Value} is not in working memory");
                break;
        }
    }

    private static void Score(string where, ScoreProgram score)
    {
        var known = new HashSet<int>();
        foreach (var let in score.Lets)
        {
            Locals(let.Value);
            Require(known.Add(let.Local), $"{where}: %{let.Local} is computed twice");
        }

        Locals(score.Result);

        void Locals(ScalarExpression expression)
        {
            foreach (var local in expression.Walk().OfType<ScalarExpression.Local>())
                Require(known.Contains(local.Index), $"{where}: %{local.Index} is read before it is computed");
        }
    }

    private static void Observations(ProgramPlan plan, FunctionPlan function)
    {
        foreach (var point in function.Observations)
        {
            var where = $"observation of %{point.Buffer} in {function.Name}";
            Require(point.AfterKernel >= -1 && point.AfterKernel < function.Kernels.Count, $"{where}: kernel {point.AfterKernel} does not exist");
            Require(plan.SlotOf(function.Function, point.Buffer) is not null, $"{where}: it is not in working memory");
            Require(
                function.Function.Parameters.Contains(point.Buffer)
                    || function.Kernels.Take(point.AfterKernel + 1).Any(kernel => kernel.Kernel.Writes.Contains(point.Buffer)),
                $"{where}: it is not written before it is shown");
        }
    }

    private static void Slots(ProgramPlan plan)
    {
        Unique(plan.Entries.SelectMany(static entry => entry.Slots).Select(static slot => slot.Name), "slots of working memory");
        foreach (var entry in plan.Entries)
        {
            Require(
                entry.Slots.Select(static slot => slot.Slot).SequenceEqual(plan.Arena.SlotsOf(entry.Info.Function)),
                $"{entry.Info.Method} has other slots than its working memory");
            foreach (var slot in entry.Slots)
                Require(slot.Slot.RowBytes.Count > 0, $"slot {slot.Name} of {entry.Info.Method} has no size");
        }
    }

    private static void Weights(ProgramPlan plan)
    {
        foreach (var kernel in plan.Kernels.Functions.SelectMany(static function => function.Kernels))
        {
            if (kernel is GatherKernel or MatmulKernel)
                Require(plan.Weights.Matrices.Count(use => ReferenceEquals(use.Reader, kernel)) == 1,
                    $"{plan.Names[kernel]} must have one use of its weights");
        }

        // A tensor that is always tied to another is never read itself.
        foreach (var (weight, _) in plan.Weights.All.SelectMany(use =>
            LoadPlan.SourcesOf(plan.Module, use.Weight).Select(source => (source, use.Layers))))
        {
            Require(
                (weight.TiedTo is not null && weight.TiedWhen is null) || plan.Load.Tensors.Any(tensor => tensor.Weight.Path == weight.Path),
                $"the tensor of {weight.Name} is read and not checked");
        }
    }

    private static void Limits(ProgramPlan plan)
    {
        foreach (var entry in plan.Entries)
        {
            foreach (var gather in plan.Kernels.Reached(plan.Kernels[entry.Info.Function])
                .SelectMany(static function => function.Kernels).OfType<GatherKernel>())
            {
                var limits = gather.Ids.Input is { } input ? entry.Inputs[input].Limits : entry.MaxPositions;
                var rows = plan.Module.Weight(gather.Table).Shape[0];
                Require(limits.Contains(gather.Ids.Shift is { } shift ? rows - shift : rows),
                    $"{entry.Info.Method}: {gather.Ids} is not limited to the rows of {gather.Table}");
            }
        }
    }

    private static void Unique(IEnumerable<string> names, string what)
    {
        var twice = names.GroupBy(static name => name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1);
        Require(twice is null, $"two {what} are called {twice?.Key}");
    }
}
