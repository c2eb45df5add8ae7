using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Colours the arena by liveness. A buffer's slot is free again after its last reader; an elementwise result may take the place
/// of an operand that dies there; what a loop carries ends where it began. Offsets are computed when sizes are known, at load.
/// </summary>
public sealed class MemoryPlan
{
    private readonly List<KernelFunction> _functions = [];
    private string _entry = "";

    private MemoryPlan(KernelModule module) => Module = module;

    /// <summary>The kernels with the copies that the plan needed.</summary>
    public KernelModule Module { get; private set; }

    public Arena Arena { get; } = new();

    public static MemoryPlan Build(KernelModule module)
    {
        var plan = new MemoryPlan(module);
        foreach (var entry in module.Entries)
        {
            plan._entry = entry.Name;
            plan.PlanFunction(entry, [], null, [], isMain: true);
        }

        plan.Module = module with { Functions = [.. module.Functions.Select(function => plan._functions.First(planned => planned.Name == function.Name))] };
        return plan;
    }

    /// <param name="parameters">Slots that hold the parameters.</param>
    /// <param name="results">Slots for the results; null where a loop's end where its first parameters are.</param>
    private void PlanFunction(KernelFunction function, IReadOnlyList<ArenaSlot> parameters, IReadOnlyList<ArenaSlot>? results, List<ArenaSlot> free, bool isMain)
    {
        var types = function.Types.ToDictionary(static pair => pair.Key, static pair => pair.Value);
        var kernels = WithCarriedCopies(function, types);
        function = function with { Kernels = kernels, Types = types };

        var lastUse = new Dictionary<int, int>();
        for (var i = 0; i < kernels.Count; i++)
        {
            foreach (var value in kernels[i].Writes.Concat(kernels[i].Reads))
                lastUse[value] = i;
        }

        foreach (var value in function.Returns)
            lastUse[value] = int.MaxValue;
        var result = isMain ? function.Returns[0] : -1;

        var slotOf = new Dictionary<int, ArenaSlot>();
        for (var i = 0; i < function.Parameters.Count; i++)
            slotOf[function.Parameters[i]] = isMain ? Take(free, types[function.Parameters[i]]) : parameters[i];

        // The results of a branch's side are made where they belong.
        var placed = new HashSet<int>(results is null ? [] : function.Returns);
        for (var i = 0; i < results?.Count; i++)
            slotOf[function.Returns[i]] = results[i];

        // What a loop captures stays for every round, and what a branch is handed may be read behind it.
        var carried = isMain || results is not null ? 0 : function.Returns.Count;
        var pinned = new HashSet<ArenaSlot>(parameters.Skip(carried));

        for (var i = 0; i < kernels.Count; i++)
        {
            var kernel = kernels[i];
            var writes = kernel.Writes.Where(value => value != result).ToList();
            var taken = new HashSet<int>();
            if (kernel is LoopKernel loop)
            {
                for (var k = 0; k < loop.Results.Count; k++)
                {
                    slotOf[loop.Results[k]] = slotOf[loop.Operands[k]];
                    taken.Add(loop.Operands[k]);
                }

                PlanFunction(Module[loop.Body], [.. loop.Operands.Select(operand => slotOf[operand])], null, free, isMain: false);
            }
            else if (kernel is BranchKernel branch)
            {
                foreach (var value in branch.Results.Where(value => !placed.Contains(value)))
                    slotOf[value] = Take(free, types[value]);
                foreach (var side in new[] { branch.Then, branch.Else })
                    PlanFunction(Module[side], [.. branch.Operands.Select(operand => slotOf[operand])], [.. branch.Results.Select(value => slotOf[value])], free, isMain: false);
            }
            else
            {
                // Buffers that the kernel fills first, then those that may take another's place.
                foreach (var value in writes.Where(value => !placed.Contains(value)).OrderBy(value => ReplacedBy(kernel, value).Any() ? 1 : 0))
                {
                    var replaced = ReplacedBy(kernel, value)
                        .Where(operand => lastUse[operand] == i && slotOf.ContainsKey(operand) && types[operand].Width == types[value].Width && types[operand].Shape[0] == types[value].Shape[0])
                        .Where(operand => !pinned.Contains(slotOf[operand]) && !taken.Contains(operand))
                        .Select(static operand => (int?)operand).FirstOrDefault();
                    if (replaced is { } place)
                    {
                        slotOf[value] = slotOf[place];
                        taken.Add(place);
                    }
                    else
                    {
                        slotOf[value] = Take(free, types[value]);
                    }
                }
            }

            foreach (var value in kernel.Reads.Concat(writes).Distinct().Where(value => lastUse[value] == i && !taken.Contains(value) && slotOf.ContainsKey(value)))
            {
                if (!pinned.Contains(slotOf[value]) && !free.Contains(slotOf[value]))
                    free.Add(slotOf[value]);
            }
        }

        if (!isMain)
            function = WithReturnsInPlace(function, slotOf, results ?? parameters, free, types);
        foreach (var pair in slotOf)
            Arena.Place(function.Name, pair.Key, pair.Value);
        foreach (var value in function.Returns.Where(slotOf.ContainsKey))
        {
            if (!parameters.Contains(slotOf[value]) && !free.Contains(slotOf[value]))
                free.Add(slotOf[value]);
        }

        // The places that a loop or a branch works in belong to the function around it.
        free.RemoveAll(slot => parameters.Contains(slot) || results?.Contains(slot) == true);
        _functions.Add(function);
    }

    private ArenaSlot Take(List<ArenaSlot> free, TensorType type)
    {
        var bytes = type.RowBytes();
        var slot = free.FirstOrDefault(candidate => candidate.Rows == type.Shape[0] && candidate.RowBytes.Contains(bytes))
            ?? free.FirstOrDefault(candidate => candidate.Rows == type.Shape[0]);
        if (slot is null)
            slot = Arena.Add(_entry, type.Shape[0]);
        else
            free.Remove(slot);
        if (!slot.RowBytes.Contains(bytes))
            slot.RowBytes.Add(bytes);
        return slot;
    }

    /// <summary>A loop works in the buffers of its first operands; those that are read again later are copied before.</summary>
    private static List<Kernel> WithCarriedCopies(KernelFunction function, Dictionary<int, TensorType> types)
    {
        var kernels = function.Kernels.ToList();
        for (var i = 0; i < kernels.Count; i++)
        {
            if (kernels[i] is not LoopKernel loop)
                continue;
            var operands = loop.Operands.ToList();
            var copies = new List<Kernel>();
            for (var k = 0; k < loop.Results.Count; k++)
            {
                var operand = operands[k];
                var isNeeded = function.Returns.Contains(operand) || operands.Where((_, other) => other != k).Contains(operand) || kernels.Skip(i + 1).Any(kernel => kernel.Reads.Contains(operand));
                if (!isNeeded)
                    continue;
                var copy = types.Keys.Max() + 1;
                types[copy] = types[operand];
                copies.Add(Copy(types[operand], operand, copy));
                operands[k] = copy;
            }

            kernels[i] = loop with { Operands = operands };
            kernels.InsertRange(i, copies);
            i += copies.Count;
        }

        return kernels;
    }

    private KernelFunction WithReturnsInPlace(KernelFunction function, Dictionary<int, ArenaSlot> slotOf, IReadOnlyList<ArenaSlot> places, List<ArenaSlot> free, Dictionary<int, TensorType> types)
    {
        var kernels = function.Kernels.ToList();
        var returns = function.Returns.ToList();
        var spare = new List<ArenaSlot>();
        var pending = Enumerable.Range(0, returns.Count).Where(k => slotOf[returns[k]] != places[k]).ToList();
        while (pending.Count > 0)
        {
            // A place that still holds another result has to wait until that one has moved.
            var k = pending.Where(candidate => !pending.Any(other => other != candidate && slotOf[returns[other]] == places[candidate])).DefaultIfEmpty(-1).First();
            if (k < 0)
            {
                // They go round in a ring: one of them steps aside.
                var aside = pending[0];
                var slot = Take(free, types[returns[aside]]);
                Move(aside, slot);
                spare.Add(slot);
                continue;
            }

            Move(k, places[k]);
            pending.Remove(k);
        }

        free.AddRange(spare);

        void Move(int k, ArenaSlot slot)
        {
            var copy = types.Keys.Max() + 1;
            types[copy] = types[returns[k]];
            kernels.Add(Copy(types[copy], returns[k], copy));
            slotOf[copy] = slot;
            returns[k] = copy;
        }

        return function with { Kernels = kernels, Returns = returns, Types = types };
    }

    private static RowwiseKernel Copy(TensorType type, int from, int to) =>
        new(type.Shape[0], RowProgramBuilder.Copy(type.Width, new Place.Buffer(from), new Place.Buffer(to))) { Fused = ["copy"] };

    /// <summary>Operands whose place a result may take: each element is read for the last time where it is written.</summary>
    private static IEnumerable<int> ReplacedBy(Kernel kernel, int value)
    {
        var programs = kernel switch
        {
            GatherKernel { After: { } after } => [after],
            RowwiseKernel rowwise => [rowwise.Program],
            MatmulKernel matmul => matmul.Segments.Select(static segment => segment.Epilogue).ToList(),
            _ => new List<RowProgram>(),
        };
        var owner = programs.FirstOrDefault(program => program.Writes.Contains(value));
        if (owner is null)
            yield break;
        foreach (var operand in owner.Reads.Where(operand => operand != value))
        {
            if (kernel is MatmulKernel matmul && (operand == matmul.Input || (matmul.Prologue?.Reads.Contains(operand) ?? false)))
                continue;
            if (programs.Any(program => program != owner && program.Reads.Contains(operand)) || owner.Writes.Contains(operand))
                continue;
            if (IsElementwise(owner, operand, value))
                yield return operand;
        }
    }

    private static bool IsElementwise(RowProgram program, int operand, int value)
    {
        var inputs = program.Inputs.Select(static (input, index) => (input, index)).Where(pair => pair.input.Place is Place.Buffer buffer && buffer.Value == operand).ToList();
        if (inputs.Any(static pair => pair.input.Access != Access.Full || pair.input.Place is Place.Buffer { Selected: true } or Place.Buffer { Offset: not null } or Place.Buffer { Stride: not null }))
            return false;
        var isWritten = false;
        foreach (var stage in program.Stages)
        {
            if (isWritten && Reads(stage))
                return false;
            if (stage is RowStage.Elements elements && elements.Writes.Any(write => write.Place is Place.Buffer buffer && buffer.Value == value))
                isWritten = true;
        }

        return isWritten;

        bool Reads(RowStage stage) => stage switch
        {
            RowStage.Elements elements => elements.Lets.Select(static let => let.Value).Concat(elements.Accumulates.Select(static accumulate => accumulate.Value)).Concat(elements.Writes.Select(static write => write.Value))
                .SelectMany(static expression => expression.Walk()).OfType<ScalarExpression.Element>().Any(element => inputs.Any(pair => pair.index == element.Index)),
            RowStage.Append append => append.Place is Place.Buffer buffer && buffer.Value == operand,
            _ => false,
        };
    }
}
