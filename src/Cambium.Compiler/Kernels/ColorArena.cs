using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Gives each buffer a slot, by liveness. A slot is free again after the last reader of its buffer; an elementwise result may overwrite an operand
/// that is read there for the last time; the results of a loop are in the slots of its carried operands.
/// </summary>
internal sealed class ColorArena
{
    private readonly KernelModule _module;
    private readonly Arena _arena;
    private readonly string _entry;

    private ColorArena(KernelModule module, Arena arena, string entry) => (_module, _arena, _entry) = (module, arena, entry);

    public static KernelModule Run(KernelModule module)
    {
        var arena = new Arena();
        foreach (var entry in module.Entries)
            new ColorArena(module, arena, entry.Name).Color(entry, [], null, []);
        return module with { Arena = arena };
    }

    /// <param name="parameters">Slots of the parameters; empty for an entry point, which takes slots for them.</param>
    /// <param name="results">Slots for the results of a branch; null for other functions.</param>
    private void Color(KernelFunction function, IReadOnlyList<ArenaSlot> parameters, IReadOnlyList<ArenaSlot>? results, List<ArenaSlot> free)
    {
        var isEntry = _module.IsEntry(function);
        var types = function.Types;
        var lastUse = LastUses(function);
        var provided = new HashSet<int>(isEntry ? function.Returns : []);

        var slotOf = new Dictionary<int, ArenaSlot>();
        for (var i = 0; i < function.Parameters.Count; i++)
            slotOf[function.Parameters[i]] = isEntry ? Take(free, types[function.Parameters[i]]) : parameters[i];

        // Both sides of a branch write their results to the same slots.
        var placed = new HashSet<int>(results is null ? [] : function.Returns);
        for (var i = 0; i < results?.Count; i++)
            slotOf[function.Returns[i]] = results[i];

        // Captured operands of a loop are read in every round, and the operands of a branch may be read after the branch.
        var carried = isEntry || results is not null ? 0 : function.Returns.Count;
        var pinned = new HashSet<ArenaSlot>(parameters.Skip(carried));

        for (var i = 0; i < function.Kernels.Count; i++)
        {
            var kernel = function.Kernels[i];
            var writes = kernel.Writes.Where(value => !provided.Contains(value)).ToList();
            var overwritten = new HashSet<int>();
            switch (kernel)
            {
                case LoopKernel loop:
                    for (var k = 0; k < loop.Results.Count; k++)
                    {
                        slotOf[loop.Results[k]] = slotOf[loop.Operands[k]];
                        overwritten.Add(loop.Operands[k]);
                    }

                    Color(_module[loop.Body], [.. loop.Operands.Select(operand => slotOf[operand])], null, free);
                    break;
                case BranchKernel branch:
                    foreach (var value in branch.Results.Where(value => !placed.Contains(value)))
                        slotOf[value] = Take(free, types[value]);
                    foreach (var side in new[] { branch.Then, branch.Else })
                        Color(_module[side], [.. branch.Operands.Select(operand => slotOf[operand])],
                            [.. branch.Results.Select(value => slotOf[value])], free);
                    break;
                default:
                    // First the buffers that need a slot of their own, then those that may overwrite an operand.
                    foreach (var value in writes.Where(value => !placed.Contains(value))
                        .OrderBy(value => InPlace.OverwritableBy(kernel, value).Any() ? 1 : 0))
                    {
                        var operand = InPlace.OverwritableBy(kernel, value)
                            .Where(operand =>
                                lastUse[operand] == i && slotOf.ContainsKey(operand) && types[operand].Width == types[value].Width
                                    && types[operand].Shape[0] == types[value].Shape[0])
                            .Where(operand => !pinned.Contains(slotOf[operand]) && !overwritten.Contains(operand))
                            .Select(static operand => (int?)operand).FirstOrDefault();
                        slotOf[value] = operand is { } place ? slotOf[place] : Take(free, types[value]);
                        if (operand is not null)
                            overwritten.Add(operand.Value);
                    }

                    break;
            }

            foreach (var value in kernel.Reads.Concat(writes).Distinct()
                .Where(value => lastUse[value] == i && !overwritten.Contains(value) && slotOf.ContainsKey(value)))
            {
                if (!pinned.Contains(slotOf[value]) && !free.Contains(slotOf[value]))
                    free.Add(slotOf[value]);
            }
        }

        foreach (var pair in slotOf)
            _arena.Place(function.Name, pair.Key, pair.Value);
        foreach (var value in function.Returns.Where(slotOf.ContainsKey))
        {
            if (!parameters.Contains(slotOf[value]) && !free.Contains(slotOf[value]))
                free.Add(slotOf[value]);
        }

        // The slots of the parameters and results belong to the caller.
        free.RemoveAll(slot => parameters.Contains(slot) || results?.Contains(slot) == true);
    }

    private static Dictionary<int, int> LastUses(KernelFunction function)
    {
        var lastUse = new Dictionary<int, int>();
        for (var i = 0; i < function.Kernels.Count; i++)
        {
            foreach (var value in function.Kernels[i].Writes.Concat(function.Kernels[i].Reads))
                lastUse[value] = i;
        }

        foreach (var value in function.Returns)
            lastUse[value] = int.MaxValue;
        return lastUse;
    }

    private ArenaSlot Take(List<ArenaSlot> free, TensorType type)
    {
        var bytes = type.RowBytes();
        var slot = free.FirstOrDefault(candidate => candidate.Rows == type.Shape[0] && candidate.RowBytes.Contains(bytes))
            ?? free.FirstOrDefault(candidate => candidate.Rows == type.Shape[0]);
        if (slot is null)
            slot = _arena.Add(_entry, type.Shape[0]);
        else
            free.Remove(slot);
        if (!slot.RowBytes.Contains(bytes))
            slot.RowBytes.Add(bytes);
        return slot;
    }
}
