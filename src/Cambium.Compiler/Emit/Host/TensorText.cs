using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Host;

/// <summary>How tensors of a checkpoint are named in calls of the reader.</summary>
internal static class TensorText
{
    /// <summary>The condition on which a weight shares the tensor of another.</summary>
    public static string TiedWhen(Module module, WeightInfo info) =>
        $"reader.IsTied({CSharp.Text(info.TiedWhen!)}, {CSharp.TextWithIndex(info.Path, "layer")}, "
            + $"{CSharp.TextWithIndex(module.Weight(info.TiedTo!).Path, "layer")})";

    /// <summary>The name of a weight's tensor.</summary>
    /// <param name="isKnownUntied">The code is under the condition that the weight has a tensor of its own.</param>
    public static string PathOf(Module module, WeightInfo info, bool isKnownUntied = false)
    {
        var own = CSharp.TextWithIndex(info.Path, "layer");
        if (info.TiedTo is not { } tied || isKnownUntied)
            return own;
        var target = CSharp.TextWithIndex(module.Weight(tied).Path, "layer");
        return info.TiedWhen is null ? target : $"{TiedWhen(module, info)} ? {target} : {own}";
    }

    /// <summary>The shape of the whole tensor in the checkpoint.</summary>
    public static string ShapeOf(WeightInfo info)
    {
        var shape = info.Shape.ToList();
        if (info.WholeRows is not null)
            shape[0] = info.WholeRows;
        if (info.IsTransposed)
            shape.Reverse();
        return $"[{string.Join(", ", shape.Select(static size => CSharp.Size(size)))}]";
    }

    /// <summary>Arguments that describe the slice, if the weight is a slice of a tensor; otherwise empty.</summary>
    public static string SliceOf(WeightInfo info) => info.Begin is null
        ? ""
        : $", {CSharp.Size(info.Begin)}, {CSharp.Size(info.Shape[0])}"
            + (info.RowStride is null ? "" : $", group: {CSharp.Size(info.GroupRows!)}, stride: {CSharp.Size(info.RowStride)}");

    /// <summary>Neighbours with equal keys, so that they share one block of code.</summary>
    public static IEnumerable<IReadOnlyList<T>> Neighbours<T, TKey>(IEnumerable<T> items, Func<T, TKey> key)
    {
        var group = new List<T>();
        foreach (var item in items)
        {
            if (group.Count > 0 && !EqualityComparer<TKey>.Default.Equals(key(group[0]), key(item)))
            {
                yield return group;
                group = [];
            }

            group.Add(item);
        }

        if (group.Count > 0)
            yield return group;
    }

    /// <summary>A block under the condition on which the checkpoint has the weight; null where it always has.</summary>
    public static IDisposable? Condition(CodeWriter writer, WeightInfo info) => info.When is null ? null : writer.Block($"if (s.{info.When})");

    /// <summary>A loop over the copies of a weight in a stack; null for a single one.</summary>
    public static IDisposable? Layers(CodeWriter writer, Size? layers) =>
        layers is null ? null : writer.Block($"for (var layer = 0; layer < {CSharp.Size(layers)}; layer++)");
}
