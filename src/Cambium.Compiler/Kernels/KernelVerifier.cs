using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Checks kernels after any kernel pass: functions and their callers fit, every read is of a value that was written, programs fit the rows they
/// run over, and appends have their attention. Once buffers have slots, <see cref="SlotSimulation"/> checks that no value is overwritten too early.
/// </summary>
public static class KernelVerifier
{
    /// <exception cref="InvalidKernelsException">A rule is broken; the message names the function and the kernel.</exception>
    public static void Verify(KernelModule module)
    {
        Functions(module);
        foreach (var function in module.Functions)
            Function(module, function);
        foreach (var entry in module.Entries)
            Sites(module, entry);
        if (module.Arena is not null)
            SlotSimulation.Verify(module);
    }

    internal static void Require(bool condition, Func<string> message)
    {
        if (!condition)
            throw new InvalidKernelsException(message());
    }

    private static void Functions(KernelModule module)
    {
        var names = module.Functions.Select(static function => function.Name).ToList();
        foreach (var name in names)
            Require(names.Count(other => other == name) == 1, () => $"two functions are called {name}");
        foreach (var entry in module.Module.Entries)
            Require(names.Contains(entry.Function), () => $"the entry point {entry.Function} has no kernels");
        var run = new HashSet<string>(StringComparer.Ordinal);
        foreach (var function in module.Functions)
        {
            foreach (var kernel in function.Kernels)
            {
                foreach (var (body, results) in Calls(kernel))
                {
                    Require(names.Contains(body), () => $"{function.Name} runs {body}, which does not exist");
                    Require(run.Add(body), () => $"{body} is run from two places");
                    Call(function, kernel, module[body], results);
                }
            }
        }

        foreach (var function in module.Functions)
            Require(module.IsEntry(function) != run.Contains(function.Name),
                () => $"{function.Name} must be an entry point or the body of one loop or branch");
    }

    private static IEnumerable<(string Body, IReadOnlyList<int> Results)> Calls(Kernel kernel) => kernel switch
    {
        LoopKernel loop => [(loop.Body, loop.Results)],
        BranchKernel branch => [(branch.Then, branch.Results), (branch.Else, branch.Results)],
        _ => [],
    };

    private static void Call(KernelFunction caller, Kernel kernel, KernelFunction body, IReadOnlyList<int> results)
    {
        var operands = kernel.Reads.ToList();
        Require(operands.Count == body.Parameters.Count,
            () => $"{caller.Name} passes {operands.Count} buffers to {body.Name}, which has {body.Parameters.Count} parameters");
        Require(results.Count == body.Returns.Count,
            () => $"{caller.Name} reads {results.Count} results of {body.Name}, which returns {body.Returns.Count}");
        for (var i = 0; i < operands.Count; i++)
            SameRows(caller, operands[i], body, body.Parameters[i], "passes");
        for (var i = 0; i < results.Count; i++)
            SameRows(caller, results[i], body, body.Returns[i], "reads");
    }

    private static void SameRows(KernelFunction caller, int value, KernelFunction body, int other, string verb)
    {
        var (a, b) = (TypeOf(caller, value), TypeOf(body, other));
        Require(a.Shape[0] == b.Shape[0] && a.Width == b.Width, () => $"{caller.Name} {verb} %{value}, {a}, as %{other} of {body.Name}, {b}");
    }

    private static TensorType TypeOf(KernelFunction function, int value)
    {
        Require(function.Types.ContainsKey(value), () => $"%{value} of {function.Name} has no type");
        return function.Types[value];
    }

    private static void Function(KernelModule module, KernelFunction function)
    {
        var written = new HashSet<int>(function.Parameters);
        foreach (var kernel in function.Kernels)
        {
            var where = $"{function.Name}, {KernelText.Describe(kernel)}";
            foreach (var value in kernel.Reads.Concat(kernel.Writes))
                TypeOf(function, value);
            Reads(where, kernel, written);
            foreach (var value in kernel.Writes)
            {
                Require(kernel is LoopKernel or BranchKernel || function.Types[value].Shape[0] == kernel.Rows,
                    () => $"{where}: %{value} has {function.Types[value].Shape[0]} rows");
                Require(written.Add(value), () => $"{where}: %{value} is written twice");
            }

            Programs(module, function, where, kernel);
        }

        foreach (var value in function.Returns)
            Require(written.Contains(value), () => $"{function.Name} returns %{value}, which is never written");
    }

    /// <summary>Each read is of a value that an earlier kernel wrote, or an earlier stage of the same program.</summary>
    private static void Reads(string where, Kernel kernel, HashSet<int> written)
    {
        switch (kernel)
        {
            case GatherKernel gather:
                if (gather.After is not null)
                    ProgramReads(where, gather.After, [.. written, gather.Result]);
                break;
            case RowwiseKernel rowwise:
                ProgramReads(where, rowwise.Program, [.. written]);
                break;
            case MatmulKernel matmul:
                if (matmul.Prologue is null)
                    Require(written.Contains(matmul.Input), () => $"{where} reads %{matmul.Input} before it is written");
                else
                    ProgramReads(where, matmul.Prologue, [.. written]);
                foreach (var segment in matmul.Segments)
                    ProgramReads(where, segment.Epilogue, [.. written]);
                break;
            default:
                foreach (var value in kernel.Reads)
                    Require(written.Contains(value), () => $"{where} reads %{value} before it is written");
                break;
        }
    }

    private static void ProgramReads(string where, RowProgram program, HashSet<int> written)
    {
        var locals = new HashSet<int>();
        foreach (var stage in program.Stages)
        {
            foreach (var place in stage.InputsOf(program).Select(static input => input.Place)
                .Concat(stage is RowStage.Append append ? [append.Place] : Enumerable.Empty<Place>()))
            {
                if (place is Place.Buffer buffer)
                    Require(written.Contains(buffer.Value), () => $"{where} reads %{buffer.Value} before it is written");
            }

            Locals(where, stage, locals);
            foreach (var value in stage.Addressed.Concat(stage is RowStage.Scalars scalars ? scalars.Writes.Select(static write => write.Place) : [])
                .OfType<Place.Buffer>())
                written.Add(value.Value);
        }
    }

    private static void Locals(string where, RowStage stage, HashSet<int> locals)
    {
        var (lets, accumulates, writes) = stage switch
        {
            RowStage.Scalars scalars => (scalars.Lets.ToList(), [], scalars.Writes.ToList()),
            RowStage.Elements elements => (elements.Lets.ToList(), elements.Accumulates.ToList(), elements.Writes.ToList()),
            _ => (new List<Let>(), new List<Accumulate>(), new List<Write>()),
        };
        foreach (var let in lets)
        {
            Known(let.Value);
            Define(let.Local);
        }

        foreach (var value in accumulates.Select(static accumulate => accumulate.Value).Concat(writes.Select(static write => write.Value)))
            Known(value);

        // A sum is complete after the pass, so the pass itself does not read it.
        foreach (var accumulate in accumulates)
            Define(accumulate.Local);

        void Define(int local) => Require(locals.Add(local), () => $"{where}: the local %{local} is computed twice");

        void Known(ScalarExpression value)
        {
            foreach (var local in value.Walk().OfType<ScalarExpression.Local>())
                Require(locals.Contains(local.Index), () => $"{where}: the local %{local.Index} is read before it is computed");
        }
    }

    private static void Programs(KernelModule module, KernelFunction function, string where, Kernel kernel)
    {
        switch (kernel)
        {
            case GatherKernel { After: { } after }:
                Program(module, function, where, after, parts: 0);
                break;
            case RowwiseKernel rowwise:
                Program(module, function, where, rowwise.Program, parts: 0);
                break;
            case MatmulKernel matmul:
                Require(function.Types[matmul.Input].Width == matmul.Inputs,
                    () => $"{where}: its input has {function.Types[matmul.Input].Width} elements, not {matmul.Inputs}");
                if (matmul.Prologue is not null)
                    Program(module, function, where, matmul.Prologue, parts: 0);
                foreach (var segment in matmul.Segments)
                {
                    var (groups, width) = (segment.Epilogue.Groups, segment.Epilogue.Width);
                    Require(width is null ? groups == Size.One : Covers(groups, width, segment.Outputs),
                        () => $"{where}: {groups} groups of {width} are not the {segment.Outputs} columns of {string.Join(", ", segment.Parts)}");
                    Program(module, function, where, segment.Epilogue, segment.Parts.Count, segment.Outputs);
                }

                break;
            case AttendKernel attend:
                var (query, result) = (function.Types[attend.Query].Width, function.Types[attend.Result].Width);
                Require(query == attend.Heads * attend.KeySize,
                    () => $"{where}: a query has {query} elements, not {attend.Heads} heads of {attend.KeySize}");
                Require(result == attend.Heads * attend.ValueSize,
                    () => $"{where}: a result has {result} elements, not {attend.Heads} heads of {attend.ValueSize}");
                break;
        }
    }

    /// <param name="parts">Parts of the skeleton's product; 0 where there is none.</param>
    /// <param name="columns">Columns of each part.</param>
    private static void Program(KernelModule module, KernelFunction function, string where, RowProgram program, int parts, Size? columns = null)
    {
        var row = columns ?? (program.Groups * program.Width!);
        foreach (var place in program.Inputs.Select(static input => input.Place).Concat(program.Stages.SelectMany(static stage => stage.Addressed))
            .OfType<Place.Product>())
            Require(place.Part < parts, () => $"{where}: {place} does not exist, there are {parts} products");

        var overwritten = new HashSet<Place>();
        foreach (var stage in program.Stages)
        {
            foreach (var input in stage.InputsOf(program))
                Require(!input.Raw || !overwritten.Contains(input.Place), () => $"{where}: {input.Place} is read after it was overwritten");
            overwritten.UnionWith(stage.Addressed.Where(place => place is Place.Product && stage is not RowStage.Append));

            switch (stage)
            {
                case RowStage.Move or RowStage.Multiply:
                    break;
                case RowStage.Elements elements:
                    foreach (var input in elements.InputsOf(program))
                        Width(input.Place, input.Access);
                    foreach (var write in elements.Writes)
                        Width(write.Place, Access.Full);
                    break;
                case RowStage.Rotate rotate:
                    Width(rotate.Place, Access.Full);
                    break;
            }
        }

        // An element of a slice may be anywhere in its row.
        void Width(Place place, Access access)
        {
            var found = place switch
            {
                Place.Buffer { Offset: null, Stride: null } buffer => function.Types[buffer.Value].Width,
                Place.Parameter parameter => Size.Product(module.Module.Weight(parameter.Weight).Shape),
                _ => null,
            };
            var expected = access switch
            {
                Access.Full => row,
                Access.Lane => program.Width,
                Access.Group => program.Groups,
                _ => Size.One,
            };
            Require(found is null || found == expected
                || (access == Access.Full && program.Width is { } width && Covers(program.Groups, width, found)),
                () => $"{where}: {place} has {found} elements, "
                    + $"the program reads {expected} ({program.Groups} groups of {program.Width?.ToString() ?? "any width"})");
        }
    }

    /// <summary>
    /// Whether groups of a width make up a row. A product with a quotient of two sums is not simplified, so quotients are compared instead.
    /// </summary>
    private static bool Covers(Size groups, Size width, Size row) => groups * width == row || groups == row / width;

    private static void Sites(KernelModule module, KernelFunction entry)
    {
        var attends = new Dictionary<int, AttendKernel>();
        foreach (var (attend, _) in module.SitesOf(entry))
        {
            Require(!attends.ContainsKey(attend.Site.Index), () => $"{entry.Name}: two attentions have site {attend.Site.Index}");
            attends.Add(attend.Site.Index, attend);
        }

        for (var site = 0; site < attends.Count; site++)
            Require(attends.ContainsKey(site), () => $"{entry.Name}: no attention has site {site}");
        foreach (var function in module.Reached(entry))
        {
            var appended = new HashSet<(int Site, bool IsKey)>();
            foreach (var kernel in function.Kernels)
            {
                var where = $"{function.Name}, {KernelText.Describe(kernel)}";
                if (kernel is AttendKernel attend)
                {
                    Require(attend.Site.IsPerLayer == module.IsInLoop(function),
                        () => $"{where}: a site has layers exactly if a loop runs its attention");
                    foreach (var isKey in new[] { true, false })
                        Require(appended.Contains((attend.Site.Index, isKey)),
                            () => $"{where}: no kernel before it appends the {(isKey ? "keys" : "values")} of {attend.Site}");
                }

                foreach (var program in kernel.Programs)
                {
                    foreach (var append in program.Stages.OfType<RowStage.Append>())
                        Append(where, program, append, attends, appended);
                }
            }
        }
    }

    private static void Append(string where, RowProgram program, RowStage.Append append, Dictionary<int, AttendKernel> attends,
        HashSet<(int Site, bool IsKey)> appended)
    {
        Require(attends.TryGetValue(append.Site.Index, out var attend) && attend.Site == append.Site,
            () => $"{where}: it appends to {append.Site}, which no attention reads");
        var size = append.IsKey ? attend!.KeySize : attend!.ValueSize;

        Require(program.Width == size && Covers(program.Groups, size, attend.KvHeads * size),
            () => $"{where}: it appends {program.Groups} heads of {program.Width} to {append.Site}, which has {attend.KvHeads} of {size}");
        Require(appended.Add((append.Site.Index, append.IsKey)), () => $"{where}: it appends to {append.Site} twice");
    }
}
