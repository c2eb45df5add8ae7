using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>Makes the plan of a program from its kernels.</summary>
public sealed class ProgramPlanner
{
    private readonly KernelModule _kernels;
    private readonly Arena _arena;
    private readonly ProgramNames _names;
    private readonly NameTable _slotNames = NameTable.Of("Count");

    private ProgramPlanner(KernelModule kernels, ProgramNames names) => (_kernels, _arena, _names) = (kernels, kernels.Arena!, names);

    private Module Module => _kernels.Module;

    /// <param name="kernels">Kernels after every pass.</param>
    public static ProgramPlan Build(ModelSpec spec, KernelModule kernels)
    {
        var names = new ProgramNames(kernels, MembersOf(spec.Root));
        var planner = new ProgramPlanner(kernels, names);
        var identity =
            new ProgramIdentity(spec.Namespace, spec.Root.Name, spec.Architectures, Hash(kernels)) { ExtendsModel = spec.Root.Base is not null };
        List<EntryPlan> entries = [.. kernels.Module.Entries.Select(planner.Entry)];
        List<FunctionPlan> functions =
            [.. kernels.Functions.Select(function =>
                planner.Function(function, entries.FirstOrDefault(entry => entry.Info.Function == function.Name)))];
        var weights = WeightUses.Of(kernels, names);
        return new ProgramPlan(identity, kernels, names, entries, functions, weights, LoadPlan.Of(kernels, entries, functions, weights));
    }

    private static IEnumerable<string> MembersOf(ClassSpec model) => model.Lineage().SelectMany(static type =>
        type.Dims.Select(static dim => dim.Name)
            .Concat(type.Options.Select(static option => option.Name))
            .Concat(type.Weights.Select(static weight => weight.Name))
            .Concat(type.Children.Select(static child => child.Name))
            .Concat(type.Functions.Select(static function => function.Name)));

    /// <summary>Digest of everything that decides the numbers: kernels, weights, dims and options.</summary>
    private static string Hash(KernelModule module)
    {
        var text = new StringBuilder(KernelText.Print(module));
        foreach (var weight in module.Module.Weights)
            text.Append(ModuleText.Print(weight)).Append('\n').Append(weight.IsComputed ? ModuleText.Print(module.Module[weight.Name]) : "");
        foreach (var dim in module.Module.Dims)
            text.Append(ModuleText.Print(dim)).Append('\n');
        foreach (var option in module.Module.Options)
            text.Append(ModuleText.Print(option)).Append('\n');
        using var sha = SHA256.Create();
        return string.Concat(
            sha.ComputeHash(Encoding.UTF8.GetBytes(text.ToString())).Select(static value => value.ToString("x2", CultureInfo.InvariantCulture)));
    }

    private EntryPlan Entry(EntryInfo info)
    {
        var function = _kernels[info.Function];
        var source = Module[info.Function];
        var inputs = info.Inputs.Select((name, index) => source.Types[source.Parameters[index]] is { DType: DType.F32 } type
            ? new InputPlan(name, type.Width, [])
            : new InputPlan(name, null, LimitsOf(function, index)));
        return new EntryPlan(
            info,
            _names.Function(info.Function),
            [.. info.Results.Select((name, index) => new ResultPlan(name, function.Types[function.Returns[index]].Width))],
            [.. _kernels.SitesOf(function)],
            [.. inputs],
            LimitsOf(function, null),
            EmbeddingWidthOf(function),
            AttentionProducts.Of(Module, _kernels, function),
            SlotsOf(function));
    }

    private Size? EmbeddingWidthOf(KernelFunction entry)
    {
        List<GatherKernel> lookups = [.. _kernels.Reached(entry).SelectMany(static function => function.Kernels).OfType<GatherKernel>()
            .Where(static gather => gather.Ids.Input == RowIds.Tokens.Input)];
        return lookups is [var only] && only.Ids == RowIds.Tokens && entry.Kernels.Contains(only) ? Module.Weight(only.Table).Shape[1] : null;
    }

    /// <summary>Rows of the tables that an input (null: the position) indexes.</summary>
    private List<Size> LimitsOf(KernelFunction entry, int? input) =>
        [.. _kernels.Reached(entry).SelectMany(static function => function.Kernels).OfType<GatherKernel>()
            .Where(gather => gather.Ids.Input == input)
            .Select(gather => Module.Weight(gather.Table).Shape[0] is var rows && gather.Ids.Shift is { } shift ? rows - shift : rows).Distinct()];

    private List<ArenaSlotPlan> SlotsOf(KernelFunction entry)
    {
        var buffers = _arena.SlotsOf(entry.Name).Select(static _ => new List<string>()).ToList();
        foreach (var function in _kernels.Functions.Where(_kernels.Reached(entry).Contains))
        {
            foreach (var value in function.Parameters.Concat(function.Kernels.SelectMany(static kernel => kernel.Writes.Concat(kernel.Reads))))
            {
                if (_arena.SlotOf(function.Name, value) is { } slot && _names.Buffer(function.Name, value) is var name
                    && !buffers[slot.Index].Contains(name))
                    buffers[slot.Index].Add(name);
            }
        }

        return [.. _arena.SlotsOf(entry.Name)
            .Select(slot => new ArenaSlotPlan(_slotNames.Take(Identifiers.Pascal(buffers[slot.Index][0])), slot, buffers[slot.Index]))];
    }

    private FunctionPlan Function(KernelFunction function, EntryPlan? entry) => new(
        function,
        _names.Function(function.Name),
        entry,
        _kernels.IsInLoop(function),
        entry is null ? [] : CopiesOf(function),
        [.. function.Kernels.Select(kernel => KernelOf(function, kernel))],
        [.. ObservationsOf(function, isEntry: entry is not null)]);

    private List<InputCopy> CopiesOf(KernelFunction function)
    {
        var parameters = Module[function.Name].Parameters.ToList();
        return [.. function.Parameters.Select(value => new InputCopy(parameters.IndexOf(value), value, function.Types[value].Width))];
    }

    /// <summary>
    /// The taps of the graph, each after the kernel that writes its rows. For an entry point with a loop, also the input of the product that computes
    /// the first result. A prologue computes this input, so it is not a value of the graph.
    /// </summary>
    private IEnumerable<ObservationPoint> ObservationsOf(KernelFunction function, bool isEntry)
    {
        var (graph, counts) = (Module[function.Name], new Dictionary<string, int>(StringComparer.Ordinal));
        var shapes = new RowShapes(value => graph.Types[value], value => graph.Producers.TryGetValue(value, out var node) ? node : null);
        foreach (var tap in graph.Nodes.Where(static node => node.Kind == OpKind.Tap))
        {
            var (name, buffer, kernels) = (tap.SymbolOf("name"), shapes.ViewOf(tap.Operands[0]).Value, function.Kernels.ToList());
            counts.TryGetValue(name, out var index);
            counts[name] = index + 1;
            yield return new ObservationPoint(
                name, index, kernels.FindLastIndex(kernel => kernel.Writes.Contains(buffer)), buffer, function.Types[buffer].Width,
                function.Types[buffer].Shape[0]);
        }

        var last = function.Kernels.ToList().FindLastIndex(kernel => isEntry && kernel.Writes.Contains(function.Returns[0]));
        if (last >= 0 && function.Kernels[last] is MatmulKernel head && _arena.SlotOf(function.Name, head.Input) is not null
            && function.Kernels.Any(static kernel => kernel is LoopKernel))
        {
            yield return new ObservationPoint(ObservationPoint.Hidden, 0, last, head.Input, head.Inputs, head.Rows);
        }
    }

    private KernelPlan KernelOf(KernelFunction function, Kernel kernel)
    {
        var name = _names.HasName(kernel) ? _names[kernel] : "";
        switch (kernel)
        {
            case GatherKernel { After: { } after }:
                return new KernelPlan(kernel, name, [Slot(SlotKind.Row, name, fields => fields.AddRows(after))], null);
            case RowwiseKernel rowwise:
                return new KernelPlan(kernel, name, [Slot(SlotKind.Row, name, fields => fields.AddRows(rowwise.Program))], null);
            case MatmulKernel matmul:
                var slots = new List<SlotPlan>();
                if (matmul.Prologue is { } prologue)
                    slots.Add(Slot(SlotKind.Prologue, name + "Prologue", fields => fields.AddRows(prologue, matmul.Input)));
                slots.Add(Slot(SlotKind.Epilogue, name + "Epilogue", fields =>
                {
                    for (var i = 0; i < matmul.Segments.Count; i++)
                        fields.AddSegment(matmul.Segments[i], i);
                }));
                return new KernelPlan(kernel, name, slots, null);
            case AttendKernel { Score: { } scoreFunction } attend:
                var score = ScoreProgram.Of(scoreFunction);
                var positionFree = ScoreProgram.Of(PositionFreeScore.Of(scoreFunction));
                var slot = Slot(SlotKind.Score, name + "Score", fields =>
                {
                    fields.AddScore(score, attend.Tables);
                    fields.AddScore(positionFree, attend.Tables);
                });
                return new KernelPlan(kernel, name, [slot], score, positionFree);
            default:
                return new KernelPlan(kernel, name, [], null);
        }

        SlotPlan Slot(SlotKind kind, string structName, Action<FieldCollector> collect)
        {
            var fields = new FieldCollector(structName, _kernels, _arena, _names, function);
            collect(fields);
            return fields.Build(kind);
        }
    }
}
