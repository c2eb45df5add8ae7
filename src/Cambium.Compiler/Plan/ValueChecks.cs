using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>Conditions under which a part of a program runs: each must have the given value. Empty where it always runs.</summary>
internal sealed record Guard(IReadOnlyList<(ScalarExpression Condition, bool Value)> Conditions)
{
    public static Guard None { get; } = new([]);

    /// <summary>A condition that differs from layer to layer is not known at load: what it guards is checked as if it always ran.</summary>
    public Guard And(ScalarExpression condition, bool value) =>
        condition.Walk().Any(static part => part is ScalarExpression.Input) || Conditions.Contains((condition, value))
        ? this
        : new([.. Conditions, (condition, value)]);

    public bool Equals(Guard? other) => other is not null && Conditions.SequenceEqual(other.Conditions);

    public override int GetHashCode() => Conditions.Count;
}

/// <summary>A size that is computed at load: it must fit the integers of the kernels, and its divisors must not be 0.</summary>
/// <param name="IsExtent">It counts something, so it must be at least 1.</param>
public sealed record SizeCheck(Size Value, bool IsExtent, IReadOnlyList<(ScalarExpression Condition, bool Value)> Conditions);

/// <summary>A number that is computed at load: it must be finite.</summary>
/// <param name="IsDivisor">Something is divided by it, so it must not be 0.</param>
/// <param name="IsWhole">It is computed in integers.</param>
/// <param name="Layers">It differs from layer to layer: the number of layers. Null for a single one.</param>
public sealed record NumberCheck(
    ScalarExpression Value, bool IsDivisor, bool IsWhole, Size? Layers, IReadOnlyList<(ScalarExpression Condition, bool Value)> Conditions);

/// <summary>
/// Collects every size and every number that a program computes from the settings of a checkpoint. A size that does not fit 32 bits would wrap
/// around, and kernels would read and write outside of their buffers.
/// </summary>
internal sealed class ValueChecks
{
    /// <summary>The largest dim that the runtime accepts.</summary>
    private const double LargestDim = 1 << 28;

    /// <summary>The largest size that the runtime accepts.</summary>
    private const double LargestSize = 1 << 30;

    private readonly Module _module;
    private readonly HashSet<string> _dims;
    private readonly List<(Size Value, bool IsExtent, Guard Guard)> _sizes = [];
    private readonly List<(ScalarExpression Value, bool IsDivisor, bool IsWhole, Size? Layers, Guard Guard)> _numbers = [];

    private ValueChecks(Module module) => (_module, _dims) = (module, new(module.Dims.Select(static dim => dim.Name), StringComparer.Ordinal));

    public static (IReadOnlyList<SizeCheck> Sizes, IReadOnlyList<NumberCheck> Numbers) Of(
        KernelModule kernels,
        IReadOnlyList<EntryPlan> entries,
        IReadOnlyList<FunctionPlan> functions,
        WeightUses weights,
        IReadOnlyList<DivisionCheck> divisions,
        IReadOnlyList<SliceCheck> slices,
        IReadOnlyList<ListUse> lists)
    {
        var checks = new ValueChecks(kernels.Module);
        checks.AddExtents(divisions.SelectMany(static division => new[] { division.Left, division.Right }), Guard.None);
        foreach (var slice in slices)
        {
            foreach (var size in new[] { slice.Begin, slice.Count, slice.Whole })
                checks.Add(size, false, new Guard(slice.Conditions));
        }

        foreach (var size in kernels.Module.Members.Select(static member => member.Value).OfType<SizeValue>())
            checks.Add(size.Value, false, Guard.None);
        foreach (var list in lists)
        {
            foreach (var (count, index) in list.Reads)
            {
                checks.Add(count, true, Guard.None);
                checks.Visit(index, true, count, Guard.None);
            }
        }

        checks.Visit(weights);
        foreach (var entry in entries)
        {
            checks.Visit(entry);
            checks.Visit(functions, functions.First(function => function.Entry == entry), null, Guard.None);
        }

        return (checks.Sizes(), checks.Numbers());
    }

    private IReadOnlyList<SizeCheck> Sizes() =>
        [.. _sizes.Where(check => NeedsCheck(_module, check.Value, check.IsExtent))
            .GroupBy(static check => check.Value)
            .SelectMany(group => group.Select(check => check with { IsExtent = check.IsExtent && !check.Value.IsPositive(_dims.Contains) }).Distinct()
                .Where(check => !group.Any(other => other.Guard.Conditions.Count < check.Guard.Conditions.Count
                    && (other.IsExtent || !check.IsExtent) && other.Guard.Conditions.All(check.Guard.Conditions.Contains)))
                .GroupBy(static check => check.Guard)
                .Select(static same => new SizeCheck(same.First().Value, same.Any(static check => check.IsExtent), same.Key.Conditions)))];

    private IReadOnlyList<NumberCheck> Numbers() =>
        [.. _numbers.GroupBy(static check => (check.Value, check.IsWhole, check.Layers, check.Guard))
            .Select(static group => new NumberCheck(
                group.Key.Value, group.Any(static check => check.IsDivisor), group.Key.IsWhole, group.Key.Layers, group.Key.Guard.Conditions))];

    /// <summary>Whether a checkpoint can give the size a value that kernels cannot use, although each of its dims is in range.</summary>
    public static bool NeedsCheck(Module module, Size size, bool isExtent)
    {
        bool IsDim(string name) => module.Dims.Any(dim => dim.Name == name);

        // An option may be any int, and a single one fits.
        bool IsLarge(Size part) => part.Symbols.All(IsDim) ? part.Bound(LargestDim) > LargestSize : part != Size.Symbol(part.Symbols.First());

        return (isExtent && !size.IsPositive(IsDim))
            || size.Divisions.Any(division => !division.Right.IsPositive(IsDim))
            || size.Divisions.SelectMany(static division => new[] { division.Left, division.Right }).Append(size).Any(IsLarge);
    }

    private void Add(Size size, bool isExtent, Guard guard)
    {
        if (size.LargestFactor > LargestSize)
            throw new UnsupportedGraphException($"the size {size} has a factor above {LargestSize:0}", Origin.None);
        if (!size.Symbols.Any(static symbol => symbol is "T" or "S"))
            _sizes.Add((size, isExtent, guard));
    }

    private void AddExtents(IEnumerable<Size> sizes, Guard guard)
    {
        foreach (var size in sizes)
            Add(size, true, guard);
    }

    private void Visit(WeightUses weights)
    {
        foreach (var (use, layers) in weights.All)
        {
            foreach (var weight in LoadPlan.SourcesOf(_module, use).Append(use).Distinct())
            {
                var guard = weight.When is { } when ? Guard.None.And(new ScalarExpression.Symbol(when), true) : Guard.None;
                AddExtents(weight.Shape, guard);
                foreach (var size in new[] { weight.Begin, weight.WholeRows, weight.GroupRows, weight.RowStride }.OfType<Size>())
                    Add(size, false, guard);
            }

            if (layers is not null)
                Add(layers, true, Guard.None);
            if (use.IsComputed)
                Visit(_module[use.Name], layers);
        }

        foreach (var vector in weights.Vectors)
            Add(Size.Product(vector.Weight.Shape), false, Guard.None);
        foreach (var matrix in weights.Matrices)
        {
            AddExtents(matrix.Segments.Select(static segment => segment.Outputs).Append(matrix.Inputs), Guard.None);
            AddExtents(matrix.Segments.Select(static segment => segment.Group).OfType<Size>(), Guard.None);
        }

        foreach (var rotary in weights.Rotaries)
            AddExtents(rotary.HeadsToCheck.Append(rotary.Size), Guard.None);
    }

    // The formula of a computed weight. Its sides of a choice have the same shapes.
    private void Visit(Function formula, Size? layers)
    {
        foreach (var node in formula.Nodes)
        {
            foreach (var type in node.Results.Select(result => formula.Types[result]))
                Add(type.Width, false, Guard.None);
            foreach (var value in node.Attributes.Select(static attribute => attribute.Value))
            {
                if (value is SizeValue size)
                    Add(size.Value, false, Guard.None);
                else if (value is ScoreValue { Body: var body })
                    Visit(body, false, layers, Guard.None);
            }
        }
    }

    private void Visit(EntryPlan entry)
    {
        AddExtents(entry.Results.Select(static result => result.Width), Guard.None);
        AddExtents(entry.Inputs.Select(static input => input.Width).OfType<Size>(), Guard.None);
        AddExtents(entry.Inputs.SelectMany(static input => input.Limits).Concat(entry.MaxPositions), Guard.None);
        foreach (var (attend, layers) in entry.Sites)
            AddExtents([layers, attend.KvHeads, attend.KeySize, attend.ValueSize, attend.Heads], Guard.None);
    }

    private void Visit(IReadOnlyList<FunctionPlan> functions, FunctionPlan function, Size? layers, Guard guard)
    {
        // Elements of a row are indexed in 32 bits, those of a matrix in 64.
        foreach (var type in function.Function.Types.Values)
        {
            AddExtents(type.RowShape, guard);
            if (type.IsRows)
                Add(type.Width, true, guard);
        }

        foreach (var kernel in function.Kernels)
        {
            foreach (var source in kernel.Slots.SelectMany(static slot => slot.Fields).Select(static field => field.Source))
                Visit(source, layers, guard);
            foreach (var divided in kernel.Kernel.Programs.SelectMany(static program => program.Stages).SelectMany(ValuesOf)
                .Concat(kernel.Score is null ? [] : kernel.Score.Lets.Select(static let => let.Value).Append(kernel.Score.Result)))
                VisitDivisors(divided, layers, guard);
            switch (kernel.Kernel)
            {
                case GatherKernel { Ids.Shift: { } shift }:
                    Add(shift, false, guard);
                    break;
                case MatmulKernel matmul:
                    Add(matmul.Inputs, true, guard);
                    break;
                case AttendKernel attend:
                    Add(attend.Heads * attend.KeySize, true, guard);
                    Add(attend.Heads * attend.ValueSize, true, guard);
                    Visit(attend.Scale, false, layers, guard);
                    if (attend.Window is not null)
                        Visit(attend.Window, true, layers, guard);
                    break;
                case LoopKernel loop:
                    Add(loop.Count, true, guard);
                    Visit(functions, functions.First(other => other.Function.Name == loop.Body), loop.Count, guard);
                    break;
                case BranchKernel branch:
                    Visit(branch.Condition, true, layers, guard);
                    Visit(functions, functions.First(other => other.Function.Name == branch.Then), layers, guard.And(branch.Condition, true));
                    Visit(functions, functions.First(other => other.Function.Name == branch.Else), layers, guard.And(branch.Condition, false));
                    break;
            }
        }
    }

    private static IEnumerable<ScalarExpression> ValuesOf(RowStage stage) => stage switch
    {
        RowStage.Scalars scalars => scalars.Lets.Select(static let => let.Value).Concat(scalars.Writes.Select(static write => write.Value)),
        RowStage.Elements elements => elements.Values,
        _ => [],
    };

    private void Visit(FieldSource source, Size? layers, Guard guard)
    {
        switch (source)
        {
            case FieldSource.SizeOf size:
                Add(size.Value, false, guard);
                break;
            case FieldSource.Number number:
                Visit(number.Value, false, layers, guard);
                if (number.Value is ScalarExpression.Apply)
                    Add(number.Value, false, false, layers, guard);
                break;
            case FieldSource.Condition condition:
                Visit(condition.Value, true, layers, guard);
                break;
        }
    }

    /// <summary>The sizes and the divisors of an expression that the host evaluates.</summary>
    private void Visit(ScalarExpression expression, bool isWhole, Size? layers, Guard guard)
    {
        if (expression is ScalarExpression.Extent extent)
            Add(extent.Value, false, guard);
        VisitParts(expression, guard, (part, inner) => Visit(part, isWhole, layers, inner));
        AddDivisor(expression, layers, guard);
    }

    /// <summary>The divisors of an expression that a kernel evaluates, where these do not depend on the row.</summary>
    private void VisitDivisors(ScalarExpression expression, Size? layers, Guard guard)
    {
        VisitParts(expression, guard, (part, inner) => VisitDivisors(part, layers, inner));
        AddDivisor(expression, layers, guard);
    }

    // A side of a choice is evaluated only if it is taken.
    private static void VisitParts(ScalarExpression expression, Guard guard, Action<ScalarExpression, Guard> visit)
    {
        if (expression is ScalarExpression.Apply { Op: "choose", Arguments: [var condition, var taken, var other] })
        {
            visit(condition, guard);
            visit(taken, guard.And(condition, true));
            visit(other, guard.And(condition, false));
            return;
        }

        foreach (var part in expression.Parts)
            visit(part, guard);
    }

    private void AddDivisor(ScalarExpression expression, Size? layers, Guard guard)
    {
        if (expression is not ScalarExpression.Apply { Arguments: [_, var divisor] } apply || apply.Op is not ("div" or "quotient" or "remainder"))
            return;
        if (divisor is ScalarExpression.Constant { Value: not 0 } || !IsHost(divisor))
            return;
        if (divisor is ScalarExpression.Extent { Value: var size } && size.IsPositive(_dims.Contains))
            return;
        Add(divisor, true, apply.Op != "div", layers, guard);
    }

    private void Add(ScalarExpression value, bool isDivisor, bool isWhole, Size? layers, Guard guard)
    {
        // An infinite constant is what the author wants.
        if (value.Walk().Any(static part => part is ScalarExpression.Constant { Value: var constant } && double.IsInfinity(constant)))
            return;
        var isPerLayer = value.Walk().Any(static part => part is ScalarExpression.Input);
        if (!isPerLayer || layers is not null)
            _numbers.Add((value, isDivisor, isWhole, isPerLayer ? layers : null, guard));
    }

    private static bool IsHost(ScalarExpression expression) => expression.Walk().All(static part =>
        part is ScalarExpression.Constant or ScalarExpression.Extent or ScalarExpression.Symbol or ScalarExpression.ItemOf or ScalarExpression.TextIs
            or ScalarExpression.Apply or ScalarExpression.Input { Name: "layer" });
}
