using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Weights that are packed for products: those of one kernel, or a table whose rows are gathered.</summary>
/// <param name="Layers">Copies, one for each block of a stack; null for a single one.</param>
/// <param name="SharedWith">Other packed weights that are used instead if the checkpoint ties the two.</param>
/// <param name="IsTable">Rows of it are gathered; products may read it, too.</param>
internal sealed record PackedWeight(
    string Name,
    Size Inputs,
    IReadOnlyList<MatrixSegment> Segments,
    Size? Layers,
    (string Packed, WeightInfo Weight)? SharedWith,
    bool IsTable)
{
    /// <summary>The single weight that is packed here; null where there are several, or where an epilogue needs whole groups of columns.</summary>
    public string? Single => IsSingle(Segments) ? Segments[0].Parts[0] : null;

    public static bool IsSingle(IReadOnlyList<MatrixSegment> segments) => segments is [{ Group: null, Parts.Count: 1 }];
}

/// <summary>A weight that kernels read as floats.</summary>
/// <param name="Field">The field that holds its offset.</param>
/// <param name="Stride">The field that holds the distance between layers; null for a single copy.</param>
internal sealed record PlainWeight(WeightInfo Weight, Size? Layers, string Field, string? Stride);

/// <summary>The layout of weights in the memory of the CPU: matrices are packed for products, vectors are floats in one buffer.</summary>
internal sealed class CpuWeightLayout
{
    private readonly Dictionary<Kernel, string> _packedOf = [];
    private readonly List<PackedWeight> _packed = [];
    private readonly List<PlainWeight> _plain = [];

    private CpuWeightLayout()
    {
    }

    public IReadOnlyList<PackedWeight> Packed => _packed;

    public IReadOnlyList<PlainWeight> Plain => _plain;

    /// <summary>The packed weights that a kernel reads. Kernels that read the same weights with the same groups share them.</summary>
    public string this[Kernel kernel] => _packedOf[kernel];

    public static CpuWeightLayout Choose(ProgramPlan plan)
    {
        var layout = new CpuWeightLayout();
        foreach (var use in plan.Weights.Matrices)
            layout.Pack(plan.Module, use);
        var fields = NameTable.Of("_vectors");
        foreach (var (weight, layers) in plan.Weights.Vectors)
        {
            var field = "_" + Identifiers.Camel(weight.Name).TrimStart('@');
            layout._plain.Add(new PlainWeight(weight, layers, fields.Take(field), layers is null ? null : fields.Take(field + "Stride")));
        }

        return layout;
    }

    private void Pack(Module module, MatrixUse use)
    {
        var same = _packed.FindIndex(other => other.Inputs == use.Inputs && other.Layers == use.Layers && other.Segments.SequenceEqual(use.Segments));
        if (same < 0)
        {
            same = _packed.Count;
            _packed.Add(new PackedWeight(use.Name, use.Inputs, use.Segments, use.Layers, TiedTo(module, use), use.IsTable));
        }
        else if (use.IsTable)
        {
            _packed[same] = _packed[same] with { IsTable = true };
        }

        _packedOf.Add(use.Reader, _packed[same].Name);
    }

    private (string Packed, WeightInfo Weight)? TiedTo(Module module, MatrixUse use)
    {
        if (!PackedWeight.IsSingle(use.Segments))
            return null;
        var weight = module.Weight(use.Segments[0].Parts[0]);
        var other = _packed.FirstOrDefault(packed =>
            packed.Layers is null && packed.Single is { } single && (single == weight.Name || single == weight.TiedTo));
        return other is null ? null : (other.Name, weight);
    }
}
