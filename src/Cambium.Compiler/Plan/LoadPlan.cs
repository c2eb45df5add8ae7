using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>A division of sizes that must leave no remainder: shapes were checked on that assumption.</summary>
public sealed record DivisionCheck(Size Left, Size Right);

/// <summary>A slice whose columns must be inside its row, where only a checkpoint has the sizes.</summary>
/// <param name="Conditions">The branches around it: the slice is taken where every condition has the given value.</param>
public sealed record SliceCheck(Size Begin, Size Count, Size Whole, IReadOnlyList<(ScalarExpression Condition, bool Value)> Conditions);

/// <summary>An option that is a list, with the indices at which the program reads it.</summary>
/// <param name="Reads">Indices, each with the rounds of the loop that reads.</param>
public sealed record ListUse(OptionInfo Option, IReadOnlyList<(Size Count, ScalarExpression Index)> Reads);

/// <summary>A tensor that the checkpoint must have.</summary>
/// <param name="Layers">One for each block of a stack; null for a single tensor.</param>
public sealed record ExpectedTensor(WeightInfo Weight, Size? Layers);

/// <summary>What is checked when a checkpoint is loaded, and what is computed from its tensors.</summary>
/// <param name="Tensors">Grouped by <see cref="ExpectedTensor.Layers"/>.</param>
/// <param name="Computed">Weights that are computed from others.</param>
public sealed record LoadPlan(
    IReadOnlyList<DivisionCheck> Divisions,
    IReadOnlyList<SliceCheck> Slices,
    IReadOnlyList<ListUse> Lists,
    IReadOnlyList<ExpectedTensor> Tensors,
    IReadOnlyList<WeightInfo> Computed)
{
    /// <summary>Sizes that must be in the range of the kernels.</summary>
    public IReadOnlyList<SizeCheck> Sizes { get; init; } = [];

    /// <summary>Numbers that must be finite, and not 0 where something is divided by them.</summary>
    public IReadOnlyList<NumberCheck> Numbers { get; init; } = [];

    public static LoadPlan Of(KernelModule kernels, IReadOnlyList<EntryPlan> entries, IReadOnlyList<FunctionPlan> functions, WeightUses weights)
    {
        var module = kernels.Module;
        var slices = new List<SliceCheck>();
        foreach (var entry in module.Entries)
            AddSlices(module, module[entry.Function], [], slices);
        IReadOnlyList<DivisionCheck> divisions = [.. DivisionsOf(kernels).Distinct()];
        IReadOnlyList<ListUse> lists =
            [.. module.Options.Where(static option => option.IsList)
                .Select(option => new ListUse(option, [.. ReadsOf(module, option.Name).Distinct()]))];
        var (sizes, numbers) = ValueChecks.Of(kernels, entries, functions, weights, divisions, slices, lists);
        return new LoadPlan(
            divisions,
            slices,
            lists,
            TensorsOf(module, weights),
            [.. weights.All.Select(static use => use.Weight).Where(static weight => weight.IsComputed).Distinct()])
        {
            Sizes = sizes,
            Numbers = numbers,
        };
    }

    /// <summary>The tensors that a weight is made of.</summary>
    public static IEnumerable<WeightInfo> SourcesOf(Module module, WeightInfo weight) => weight.IsComputed
        ? module[weight.Name].Nodes.Where(static node => node.Op == "weight").Select(node => module.Weight(node.SymbolOf("name")))
        : [weight];

    private static IEnumerable<DivisionCheck> DivisionsOf(KernelModule kernels) =>
        kernels.Module.ExactDivisions.Select(static division => new DivisionCheck(division.Left, division.Right))
            .Concat(kernels.Sites.Select(static site => site.Attend).Where(static attend => attend.Heads != attend.KvHeads)
                .Select(static attend => new DivisionCheck(attend.Heads, attend.KvHeads)));

    private static void AddSlices(Module module, Function function, IReadOnlyList<(ScalarExpression Condition,
        bool Value)> conditions, List<SliceCheck> checks)
    {
        foreach (var node in function.Nodes)
        {
            if (node.Op == "branch")
            {
                // A condition that differs from layer to layer is not known at load: the slices of both branches are checked.
                var condition = node["condition"]!.AsNumber()!;
                var isKnown = !condition.Walk().Any(static part => part is ScalarExpression.Input);
                AddSlices(module, module[node.SymbolOf("then")], isKnown ? [.. conditions, (condition, true)] : conditions, checks);
                AddSlices(module, module[node.SymbolOf("else")], isKnown ? [.. conditions, (condition, false)] : conditions, checks);
                continue;
            }

            foreach (var body in node.Bodies)
                AddSlices(module, module[body], conditions, checks);
            if (node.Kind != OpKind.Slice || !function.Types[node.Operands[0]].IsRows)
                continue;
            var (begin, count, whole) = (node.SizeOf("begin"), node.SizeOf("count"), function.Types[node.Operands[0]].Last);
            if (begin.Value >= 0 && count.Value > 0 && (whole - begin - count).Value >= 0)
                continue;
            if (!checks.Any(known => (known.Begin, known.Count, known.Whole) == (begin, count, whole) && known.Conditions.SequenceEqual(conditions)))
                checks.Add(new SliceCheck(begin, count, whole, conditions));
        }
    }

    private static IEnumerable<(Size Count, ScalarExpression Index)> ReadsOf(Module module, string list)
    {
        var counts = module.Functions.SelectMany(static function => function.Nodes).Where(static node => node.Op == "loop")
            .ToLookup(static node => node.SymbolOf("body"), static node => node.SizeOf("count"));
        return module.Functions.SelectMany(function => function.Nodes.SelectMany(static node => node.Attributes)
            .Select(static attribute => attribute.Value).OfType<ScoreValue>().SelectMany(static value => value.Body.Walk())
            .Select(part => part switch
            {
                ScalarExpression.ItemOf item when item.Option == list => item.Index,
                ScalarExpression.TextIs text when text.Option == list => text.Index,
                _ => null,
            })
            .OfType<ScalarExpression>()
            .SelectMany(index => counts[function.Name].DefaultIfEmpty(Size.One).Select(count => (count, index))));
    }

    // All tensors are checked before any memory is taken, so that the error lists everything that does not fit.
    private static List<ExpectedTensor> TensorsOf(Module module, WeightUses weights) =>
        [.. weights.All
            .SelectMany(use => SourcesOf(module, use.Weight).Select(source => new ExpectedTensor(source, source.InStack ? use.Layers : null)))
            .Where(static tensor => tensor.Weight.TiedTo is null || tensor.Weight.TiedWhen is not null)
            .GroupBy(static tensor => (tensor.Weight.Path, tensor.Weight.When, tensor.Weight.TiedWhen)).Select(static group => group.First())
            .GroupBy(static tensor => tensor.Layers).SelectMany(static group => group)];
}
