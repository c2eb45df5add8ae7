using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// The results of a body must end in the slots where its caller reads them: the carried parameters of a loop, the results of a branch.
/// </summary>
internal static class PlaceReturns
{
    public static KernelModule Run(KernelModule module)
    {
        var arena = module.Arena!.Clone();
        var placed = module.Map(function => Run(module, function, arena));
        return placed with { Arena = arena, HasReturnsInPlace = true };
    }

    private static KernelFunction Run(KernelModule module, KernelFunction function, Arena arena)
    {
        if (module.IsEntry(function))
            return function;
        var places = PlacesOf(module, function, arena);
        var types = function.Types.ToDictionary(static pair => pair.Key, static pair => pair.Value);
        var kernels = function.Kernels.ToList();
        var returns = function.Returns.ToList();
        var pending = Enumerable.Range(0, returns.Count).Where(k => SlotOf(k) != places[k]).ToList();
        while (pending.Count > 0)
        {
            // A slot that still holds another result has to wait until that result has moved.
            var k = pending.Where(candidate => !pending.Any(other => other != candidate && SlotOf(other) == places[candidate]))
                .DefaultIfEmpty(-1).First();
            if (k < 0)
            {
                // The remaining results exchange their slots, so one of them moves to a slot of its own first.
                var spare = arena.Add(places[0].Entry, types[returns[pending[0]]].Shape[0]);
                spare.RowBytes.Add(types[returns[pending[0]]].RowBytes());
                Move(pending[0], spare, "two results exchange their slots of working memory");
                continue;
            }

            Move(k, places[k], $"the caller of {function.Name} reads the result in another slot of working memory");
            pending.Remove(k);
        }

        return function with { Kernels = kernels, Returns = returns, Types = types };

        ArenaSlot SlotOf(int k) => arena.SlotOf(function.Name, returns[k])!;

        void Move(int k, ArenaSlot slot, string because)
        {
            kernels.Add(CopyKernel.Of(returns[k], types, because, out var copy));
            arena.Place(function.Name, copy, slot);
            returns[k] = copy;
        }
    }

    private static List<ArenaSlot> PlacesOf(KernelModule module, KernelFunction function, Arena arena)
    {
        foreach (var caller in module.Functions)
        {
            foreach (var kernel in caller.Kernels)
            {
                if (kernel is LoopKernel loop && loop.Body == function.Name)
                    return [.. loop.Results.Select(value => arena.SlotOf(caller.Name, value)!)];
                if (kernel is BranchKernel branch && (branch.Then == function.Name || branch.Else == function.Name))
                    return [.. branch.Results.Select(value => arena.SlotOf(caller.Name, value)!)];
            }
        }

        throw new InvalidOperationException($"No kernel runs '{function.Name}'.");
    }
}
