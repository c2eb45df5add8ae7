using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Shape rules accept <c>Heads * (Hidden / Heads)</c> where <c>Hidden</c> is expected, which is right only if the division leaves no remainder.
/// This step finds the divisions on which the shapes of a module depend in this way, and marks them as exact: they cancel in all sizes, and
/// loading refuses a checkpoint for which one has a remainder. All other divisions truncate, as in C#.
/// </summary>
internal static class ExactDivisions
{
    public static Module Mark(Module module)
    {
        // Sizes that differ, and are equal if nothing has a remainder, may have been taken for each other.
        var exact = SizesOf(module).Distinct()
            .GroupBy(static size => size.WithExact(static _ => true))
            .Where(static group => group.Skip(1).Any())
            .SelectMany(static group => group)
            .SelectMany(static size => size.Divisions)
            .Distinct()
            .ToList();
        if (exact.Count == 0)
            return module;

        Size Exact(Size size) => size.WithExact(exact.Contains);

        return module with
        {
            Functions = [.. module.Functions.Select(function => Change(function, Exact))],
            Weights = [.. module.Weights.Select(weight => weight with { Shape = weight.Shape.Select(Exact).ToEquatableArray() })],
            ExactDivisions = exact,
        };
    }

    private static IEnumerable<Size> SizesOf(Module module) => module.Functions.SelectMany(static function => function.Types.Values)
        .SelectMany(static type => type.Shape.Append(type.Width))
        .Concat(module.Weights.SelectMany(static weight => weight.Shape))
        .Concat(module.Functions.SelectMany(static function => function.Nodes).SelectMany(static node => node.Attributes)
            .SelectMany(static attribute => attribute.Value switch
        {
            SizeValue size => [size.Value],
            ShapeValue shape => shape.Sizes.Append(Size.Product(shape.Sizes)),
            _ => Enumerable.Empty<Size>(),
        }))
        .Concat(module.Functions.SelectMany(static function => function.Nodes).Where(static node => node.Op == "split").Select(static node =>
            node.Attributes.Select(static attribute => attribute.Value).OfType<SizeValue>()
                .Aggregate(Size.Constant(0), static (sum, size) => sum + size.Value)));

    private static Function Change(Function function, Func<Size, Size> change) => new(
        function.Name,
        function.Parameters,
        [.. function.Nodes.Select(node => new Node(
            node.Op,
            node.Operands,
            node.Results,
            [.. node.Attributes.Select(attribute => attribute with { Value = Change(attribute.Value, change) })],
            node.Origin))],
        function.Returns,
        function.Types.ToDictionary(
            static type => type.Key,
            type => type.Value with { Shape = type.Value.Shape.Select(change).ToEquatableArray() }));

    private static AttributeValue Change(AttributeValue value, Func<Size, Size> change) => value switch
    {
        SizeValue size => new SizeValue(change(size.Value)),
        ShapeValue shape => new ShapeValue(shape.Sizes.Select(change).ToEquatableArray()),
        ScoreValue score => new ScoreValue(score.Body.MapSizes(change)),
        _ => value,
    };
}
