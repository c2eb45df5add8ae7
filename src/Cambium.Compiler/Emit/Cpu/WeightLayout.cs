using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>A packed product of the program: the weights of one kernel, or a table that is indexed.</summary>
/// <param name="Layers">Copies, one per block of a stack; null for one alone.</param>
/// <param name="SharedWith">Another product that serves instead when the checkpoint ties the two.</param>
/// <param name="IsTable">Whether rows of it are looked up; products may read it, too.</param>
internal sealed record PackedWeight(string Name, Size Inputs, IReadOnlyList<PackedSegment> Segments, Size? Layers, (string Product, WeightInfo Weight)? SharedWith, bool IsTable = false);

/// <param name="Group">Columns that an epilogue needs together, or null.</param>
internal sealed record PackedSegment(EquatableArray<string> Parts, Size Outputs, Size? Group);

/// <summary>A small tensor that kernels read as it is.</summary>
/// <param name="Field">Where its offset is kept.</param>
/// <param name="Stride">Where the distance between the layers is kept; null for one alone.</param>
internal sealed record PlainWeight(WeightInfo Weight, Size? Layers, string Field, string? Stride);

/// <summary>Which form every weight takes in memory: decided by who reads it.</summary>
internal sealed class WeightLayout
{
    public List<PackedWeight> Packed { get; } = [];

    public List<PlainWeight> Plain { get; } = [];

    private readonly NameTable _fields = NameTable.Of("_vectors");

    /// <summary>Options of rotary tables that the program reads.</summary>
    public List<OptionInfo> Rotaries { get; } = [];

    /// <summary>The sizes of the heads that each of them rotates.</summary>
    public List<(string Rotary, Size Head)> Turned { get; } = [];

    private readonly Dictionary<Kernel, string> _packedOf = [];

    /// <summary>The packed product that a kernel reads. Kernels with the same weights in the same form share one.</summary>
    public string this[Kernel kernel] => _packedOf[kernel];

    public static WeightLayout Build(KernelModule module, ModelNames names)
    {
        var layout = new WeightLayout();
        foreach (var entry in module.Entries)
            layout.Visit(module, entry, null, names);
        return layout;
    }

    private void Visit(KernelModule module, KernelFunction function, Size? layers, ModelNames names)
    {
        foreach (var kernel in function.Kernels)
        {
            switch (kernel)
            {
                case GatherKernel gather:
                    Pack(module, kernel, names[kernel], gather.Table, layers);
                    if (gather.After is not null)
                        Read(module, gather.After, layers);
                    break;
                case RowwiseKernel rowwise:
                    Read(module, rowwise.Program, layers);
                    break;
                case MatmulKernel matmul:
                    if (matmul.Prologue is not null)
                        Read(module, matmul.Prologue, layers);
                    var shared = matmul.Segments.Count == 1 && matmul.Segments[0].Parts.Count == 1 && matmul.Segments[0].Epilogue.Width is null ? Tie(module, matmul.Segments[0].Parts[0]) : null;
                    Add(kernel, new PackedWeight(names[kernel], matmul.Inputs, [.. matmul.Segments.Select(static segment => new PackedSegment(segment.Parts, segment.Outputs, segment.Epilogue.Width))], Layers(module, matmul.Segments.SelectMany(static segment => segment.Parts), layers), shared));
                    foreach (var segment in matmul.Segments)
                        Read(module, segment.Epilogue, layers);
                    break;
                case AttendKernel attend:
                    foreach (var weight in attend.Tables.OrderBy(static pair => pair.Key).Select(static pair => pair.Value))
                        AddPlain(module, weight, layers);
                    break;
                case BranchKernel branch:
                    Visit(module, module[branch.Then], layers, names);
                    Visit(module, module[branch.Else], layers, names);
                    break;
                case LoopKernel loop:
                    Visit(module, module[loop.Body], loop.Count, names);
                    break;
            }
        }
    }

    private void Add(Kernel kernel, PackedWeight packed)
    {
        var same = Packed.FirstOrDefault(other => other.Inputs == packed.Inputs && other.Layers == packed.Layers && other.Segments.SequenceEqual(packed.Segments));
        if (same is null)
            Packed.Add(packed);
        else if (packed.IsTable)
            Packed[Packed.IndexOf(same)] = same with { IsTable = true };
        _packedOf.Add(kernel, (same ?? packed).Name);
    }

    private void Pack(KernelModule module, Kernel kernel, string name, string table, Size? layers)
    {
        var info = module.Module.Weight(table);
        Add(kernel, new PackedWeight(name, info.Shape[1], [new PackedSegment(EquatableArray.Of(table), info.Shape[0], null)], Layers(module, [table], layers), Tie(module, table), IsTable: true));
    }

    private (string Product, WeightInfo Weight)? Tie(KernelModule module, string weight)
    {
        var info = module.Module.Weight(weight);
        var other = Packed.FirstOrDefault(packed => packed.Layers is null && packed.Segments.Count == 1 && packed.Segments[0].Group is null && packed.Segments[0].Parts.Count == 1 && (packed.Segments[0].Parts[0] == weight || packed.Segments[0].Parts[0] == info.TiedTo));
        return other is null ? null : (other.Name, info);
    }

    private static Size? Layers(KernelModule module, IEnumerable<string> weights, Size? layers) => weights.Any(weight => module.Module.Weight(weight).InStack) ? layers : null;

    private void Read(KernelModule module, RowProgram program, Size? layers)
    {
        foreach (var parameter in program.Inputs.Select(static input => input.Place).OfType<Place.Parameter>())
            AddPlain(module, parameter.Weight, layers);
        foreach (var rotate in program.Stages.OfType<RowStage.Rotate>())
        {
            if (Rotaries.All(known => known.Name != rotate.Rotary))
                Rotaries.Add(module.Module.Options.First(option => option.Name == rotate.Rotary));
            if (program.Width is { } head && !Turned.Contains((rotate.Rotary, head)))
                Turned.Add((rotate.Rotary, head));
        }
    }

    private void AddPlain(KernelModule module, string weight, Size? layers)
    {
        var info = module.Module.Weight(weight);
        if (Plain.All(known => known.Weight.Name != weight))
        {
            var field = "_" + CSharp.Camel(info.Name).TrimStart('@');
            Plain.Add(new PlainWeight(info, info.InStack ? layers : null, _fields.Take(field), info.InStack ? _fields.Take(field + "Stride") : null));
        }
    }
}
