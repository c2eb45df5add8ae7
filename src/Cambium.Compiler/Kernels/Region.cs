using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>What the columns of a program must have in common: the width of a row and, where an op needs whole groups, of a group.</summary>
/// <param name="Row">Elements of a row.</param>
/// <param name="Group">Elements of a group, or null for any size.</param>
internal sealed record Domain(Size Row, Size? Group)
{
    public override string ToString() => Group is null ? $"[{Row}]" : $"[{Row}] by {Group}";

    /// <summary>The domain of both, or null where they contradict each other.</summary>
    public static Domain? Join(Domain? a, Domain? b)
    {
        if (a is null || b is null)
            return a ?? b;
        if (a.Row != b.Row || (a.Group is not null && b.Group is not null && a.Group != b.Group))
            return null;
        return a with { Group = a.Group ?? b.Group };
    }

    /// <summary>The element of a value that belongs to element i of group g; null where no access describes it.</summary>
    public Access? AccessOf(TensorType type)
    {
        if (type.Width == Size.One)
            return Access.Single;

        // By the last axis, not by the width alone: of [N, N] both a row [N] and a column [N, 1] have N elements.
        if (Group is { } group && type.Last == Size.One && type.Width * group == Row)
            return Access.Group;
        if (type.Width == Row)
            return Access.Full;
        return Group == type.Width && type.Last != Size.One ? Access.Lane : null;
    }
}

/// <summary>Kinds of regions: what a region's kernel will be.</summary>
internal enum RegionKind
{
    Gather,
    Product,
    Attention,
    Loop,
    Arrangement,
    Rowwise,
}

/// <summary>Products whose columns an epilogue sees together.</summary>
internal sealed class SegmentRegion(Node product, Domain domain)
{
    public List<Node> Products { get; } = [product];

    public Domain Domain { get; set; } = domain;
}

/// <summary>Nodes that will be one kernel.</summary>
internal sealed class Region(RegionKind kind, Size rows)
{
    public RegionKind Kind { get; } = kind;

    public Size Rows { get; } = rows;

    /// <summary>The gather, the products, the attention or the loop; empty for row programs.</summary>
    public List<Node> Anchors { get; } = [];

    /// <summary>Row ops after the anchor; all of them where there is no anchor.</summary>
    public List<Node> Body { get; } = [];

    /// <summary>Row ops that compute a product's input.</summary>
    public List<Node> Prologue { get; } = [];

    /// <summary>Why row ops are not part of the kernel of a product or a lookup.</summary>
    public List<string> NotFusedBecause { get; } = [];

    /// <summary>Of the body, where it is one program.</summary>
    public Domain? Domain { get; set; }

    public Domain? PrologueDomain { get; set; }

    /// <summary>For a product: the segment of each of its values and of each value that the body computes from them.</summary>
    public Dictionary<int, SegmentRegion> SegmentOf { get; } = [];

    public IEnumerable<Node> Nodes => Prologue.Concat(Anchors).Concat(Body);
}
