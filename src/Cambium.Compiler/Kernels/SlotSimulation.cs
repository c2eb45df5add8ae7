namespace Cambium.Compiler.Kernels;

/// <summary>
/// Runs the kernels over slots instead of numbers: each slot holds the value that was written last. A kernel must find each operand in its slot, so
/// values that live at the same time cannot share one.
/// </summary>
internal sealed class SlotSimulation
{
    private readonly KernelModule _module;

    // Maps captured parameters and operands of branches to the values of the caller.
    private readonly Dictionary<(string Function, int Value), (string Function, int Value)> _alias = [];
    private Dictionary<ArenaSlot, (string Function, int Value)> _holds = [];

    private SlotSimulation(KernelModule module) => _module = module;

    private Arena Arena => _module.Arena!;

    /// <exception cref="InvalidKernelsException">A slot is too small, or a value is overwritten before it is read.</exception>
    public static void Verify(KernelModule module)
    {
        foreach (var entry in module.Entries)
        {
            var simulation = new SlotSimulation(module);
            foreach (var parameter in entry.Parameters)
                simulation.Write(entry, parameter, entry.Name);
            simulation.Run(entry, entry.Name);
        }
    }

    private (string Function, int Value) Identity(KernelFunction function, int value) =>
        _alias.TryGetValue((function.Name, value), out var known) ? known : (function.Name, value);

    private ArenaSlot? SlotOf(KernelFunction function, int value, string entry)
    {
        var slot = Arena.SlotOf(function.Name, value);
        if (slot is null)
        {
            KernelVerifier.Require(_module.IsEntry(function) && function.Returns.Contains(value), () => $"%{value} of {function.Name} has no slot");
            return null;
        }

        var type = function.Types[value];
        KernelVerifier.Require(slot.Entry == entry && Arena.SlotsOf(entry).Contains(slot),
            () => $"%{value} of {function.Name} is in a slot of {slot.Entry}, not of {entry}");
        KernelVerifier.Require(
            slot.Rows == type.Shape[0] && slot.RowBytes.Contains(type.RowBytes()),
            () => $"slot {slot.Index} of {entry} is {slot.Rows} x {string.Join(" | ", slot.RowBytes)} bytes, "
                + $"too small for %{value} of {function.Name}, {type}");
        return slot;
    }

    private void Read(KernelFunction function, int value, string entry, string where)
    {
        if (SlotOf(function, value, entry) is { } slot)
        {
            KernelVerifier.Require(
                _holds.TryGetValue(slot, out var held) && held == Identity(function, value),
                () => $"{where}: slot {slot.Index} holds "
                    + $"{(_holds.TryGetValue(slot, out var other) ? $"%{other.Value} of {other.Function}" : "no value")} when %{value} is read");
        }
    }

    private void Write(KernelFunction function, int value, string entry)
    {
        if (SlotOf(function, value, entry) is { } slot)
            _holds[slot] = Identity(function, value);
    }

    private void Run(KernelFunction function, string entry)
    {
        foreach (var kernel in function.Kernels)
        {
            var where = $"{function.Name}, {KernelText.Describe(kernel)}";
            var reads = kernel.Reads.Except(kernel.Writes).ToList();
            foreach (var value in reads)
                Read(function, value, entry, where);
            switch (kernel)
            {
                case LoopKernel loop:
                    Loop(function, loop, entry, where);
                    break;
                case BranchKernel branch:
                    Branch(function, branch, entry, where);
                    break;
                default:
                    Overwrites(function, kernel, reads, entry, where);

                    // The program of a gather runs over the gathered row.
                    foreach (var value in kernel is GatherKernel gather
                        ? kernel.Writes.OrderBy(value => value == gather.Result ? 0 : 1)
                        : kernel.Writes)
                        Write(function, value, entry);
                    break;
            }
        }

        foreach (var value in function.Returns)
            Read(function, value, entry, $"{function.Name}, return");
    }

    private void Overwrites(KernelFunction function, Kernel kernel, List<int> reads, string entry, string where)
    {
        var writes = kernel.Writes.Select(value => (Value: value, Slot: SlotOf(function, value, entry)))
            .Where(static write => write.Slot is not null).ToList();
        foreach (var (value, slot) in writes)
        {
            foreach (var operand in reads.Where(operand => SlotOf(function, operand, entry) == slot))
                KernelVerifier.Require(InPlace.OverwritableBy(kernel, value).Contains(operand),
                    () => $"{where}: %{value} overwrites %{operand} in slot {slot!.Index} while it is read");

            // A gathered row may be changed where it is.
            foreach (var (other, _) in writes.Where(other => other.Value < value && other.Slot == slot))
                KernelVerifier.Require(kernel is GatherKernel gather && (gather.Result == other || gather.Result == value),
                    () => $"{where}: %{other} and %{value} are both in slot {slot!.Index}");
        }
    }

    private void Loop(KernelFunction function, LoopKernel loop, string entry, string where)
    {
        var body = _module[loop.Body];
        Pass(function, loop.Operands, body, entry, where, carried: loop.Results.Count);

        // Twice, because the second iteration starts with the slots as the first one left them.
        for (var round = 0; round < 2; round++)
        {
            for (var k = 0; k < loop.Results.Count; k++)
                Write(body, body.Parameters[k], entry);
            Run(body, entry);
            for (var k = 0; k < loop.Results.Count && _module.HasReturnsInPlace; k++)
            {
                KernelVerifier.Require(
                    Arena.SlotOf(body.Name, body.Returns[k]) == Arena.SlotOf(body.Name, body.Parameters[k]),
                    () => $"{where}: result {k} of {body.Name} is not in the slot of its carried parameter");
            }
        }

        for (var k = 0; k < loop.Results.Count; k++)
        {
            KernelVerifier.Require(
                Arena.SlotOf(function.Name, loop.Results[k]) == Arena.SlotOf(function.Name, loop.Operands[k]),
                () => $"{where}: %{loop.Results[k]} is not in the slot of the carried operand %{loop.Operands[k]}");
            Write(function, loop.Results[k], entry);
        }
    }

    private void Branch(KernelFunction function, BranchKernel branch, string entry, string where)
    {
        var before = _holds;
        var after = new List<Dictionary<ArenaSlot, (string Function, int Value)>>();
        foreach (var side in new[] { _module[branch.Then], _module[branch.Else] })
        {
            _holds = new(before);
            Pass(function, branch.Operands, side, entry, where, carried: 0);
            Run(side, entry);
            for (var k = 0; k < branch.Results.Count && _module.HasReturnsInPlace; k++)
            {
                KernelVerifier.Require(
                    Arena.SlotOf(side.Name, side.Returns[k]) == Arena.SlotOf(function.Name, branch.Results[k]),
                    () => $"{where}: result {k} of {side.Name} is not in the slot of %{branch.Results[k]}");
            }

            after.Add(_holds);
        }

        // After the branch a slot holds a value only if both sides leave the same one there.
        _holds = after[0].Where(pair => after[1].TryGetValue(pair.Key, out var other) && other == pair.Value)
            .ToDictionary(static pair => pair.Key, static pair => pair.Value);
        foreach (var value in branch.Results)
            Write(function, value, entry);
    }

    /// <summary>Binds parameters to operands, which are in the same slots.</summary>
    private void Pass(KernelFunction function, IReadOnlyList<int> operands, KernelFunction body, string entry, string where, int carried)
    {
        for (var i = 0; i < operands.Count; i++)
        {
            KernelVerifier.Require(
                SlotOf(function, operands[i], entry) is { } slot && slot == SlotOf(body, body.Parameters[i], entry),
                () => $"{where}: parameter {i} of {body.Name} is not in the slot of %{operands[i]}");
            if (i >= carried)
                _alias[(body.Name, body.Parameters[i])] = Identity(function, operands[i]);
        }
    }
}
