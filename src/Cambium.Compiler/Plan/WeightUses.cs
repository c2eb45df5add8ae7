using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>Weights that one kernel reads as matrices: a product's, or the table of a gather.</summary>
/// <param name="Name">Name of the kernel.</param>
/// <param name="Inputs">Elements of a row of each matrix.</param>
/// <param name="Layers">Copies, one for each block of a stack; null for a single one.</param>
/// <param name="IsTable">Rows of it are gathered.</param>
public sealed record MatrixUse(Kernel Reader, string Name, Size Inputs, IReadOnlyList<MatrixSegment> Segments, Size? Layers, bool IsTable);

/// <param name="Parts">Weights whose products an epilogue sees together.</param>
/// <param name="Group">Columns that an epilogue needs at once; null for any number.</param>
public sealed record MatrixSegment(EquatableArray<string> Parts, Size Outputs, Size? Group);

/// <summary>A weight whose elements kernels read as floats: a bias, a gain, a table of a score function.</summary>
/// <param name="Layers">Copies, one for each block of a stack; null for a single one.</param>
public sealed record VectorUse(WeightInfo Weight, Size? Layers);

/// <summary>A rotary table that kernels read.</summary>
/// <param name="Size">The size of a head that the table is made for.</param>
/// <param name="HeadsToCheck">Sizes of other heads that it rotates: it must not be larger than any of them.</param>
public sealed record RotaryUse(OptionInfo Option, Size Size, IReadOnlyList<Size> HeadsToCheck);

/// <summary>Who reads which weight, in the order of the program. A target chooses the layout in memory from this.</summary>
public sealed class WeightUses
{
    private readonly KernelModule _module;
    private readonly ProgramNames _names;
    private readonly List<MatrixUse> _matrices = [];
    private readonly List<VectorUse> _vectors = [];
    private readonly List<RotaryUse> _rotaries = [];

    private WeightUses(KernelModule module, ProgramNames names) => (_module, _names) = (module, names);

    public IReadOnlyList<MatrixUse> Matrices => _matrices;

    /// <summary>Each weight once.</summary>
    public IReadOnlyList<VectorUse> Vectors => _vectors;

    /// <summary>Each table once.</summary>
    public IReadOnlyList<RotaryUse> Rotaries => _rotaries;

    /// <summary>Every use of a weight, with the number of its copies.</summary>
    public IEnumerable<(WeightInfo Weight, Size? Layers)> All => _vectors.Select(static vector => (vector.Weight, vector.Layers))
        .Concat(_matrices.SelectMany(matrix =>
            matrix.Segments.SelectMany(static segment => segment.Parts).Select(part => (_module.Module.Weight(part), matrix.Layers))));

    public static WeightUses Of(KernelModule module, ProgramNames names)
    {
        var uses = new WeightUses(module, names);
        foreach (var entry in module.Entries)
            uses.Visit(entry, null);
        return uses;
    }

    private void Visit(KernelFunction function, Size? layers)
    {
        foreach (var kernel in function.Kernels)
        {
            switch (kernel)
            {
                case GatherKernel gather:
                    var table = _module.Module.Weight(gather.Table);
                    _matrices.Add(new MatrixUse(
                        gather, _names[gather], table.Shape[1], [new MatrixSegment(EquatableArray.Of(gather.Table), table.Shape[0], null)],
                        Layers([gather.Table], layers), IsTable: true));
                    if (gather.After is not null)
                        AddProgram(gather.After, layers);
                    break;
                case RowwiseKernel rowwise:
                    AddProgram(rowwise.Program, layers);
                    break;
                case MatmulKernel matmul:
                    if (matmul.Prologue is not null)
                        AddProgram(matmul.Prologue, layers);
                    _matrices.Add(new MatrixUse(
                        matmul,
                        _names[matmul],
                        matmul.Inputs,
                        [.. matmul.Segments.Select(static segment => new MatrixSegment(segment.Parts, segment.Outputs, segment.Epilogue.Width))],
                        Layers(matmul.Segments.SelectMany(static segment => segment.Parts), layers),
                        IsTable: false));
                    foreach (var segment in matmul.Segments)
                        AddProgram(segment.Epilogue, layers);
                    break;
                case AttendKernel attend:
                    foreach (var weight in attend.Tables.OrderBy(static pair => pair.Key).Select(static pair => pair.Value))
                        AddVector(weight, layers);
                    break;
                case BranchKernel branch:
                    Visit(_module[branch.Then], layers);
                    Visit(_module[branch.Else], layers);
                    break;
                case LoopKernel loop:
                    Visit(_module[loop.Body], loop.Count);
                    break;
            }
        }
    }

    private void AddProgram(RowProgram program, Size? layers)
    {
        foreach (var parameter in program.Inputs.Select(static input => input.Place).OfType<Place.Parameter>())
            AddVector(parameter.Weight, layers);
        foreach (var rotate in program.Stages.OfType<RowStage.Rotate>())
            AddRotary(rotate.Rotary, program.Width);
    }

    private void AddVector(string weight, Size? layers)
    {
        if (_vectors.All(known => known.Weight.Name != weight))
            _vectors.Add(new VectorUse(_module.Module.Weight(weight), Layers([weight], layers)));
    }

    private void AddRotary(string option, Size? head)
    {
        var index = _rotaries.FindIndex(known => known.Option.Name == option);
        if (index < 0)
        {
            var info = _module.Module.Options.First(candidate => candidate.Name == option);
            index = _rotaries.Count;
            _rotaries.Add(new RotaryUse(info, SizeParser.Parse(info.Default ?? "0"), []));
        }

        var use = _rotaries[index];
        if (head is not null && !Size.AgreeIfExact(head, use.Size) && !use.HeadsToCheck.Contains(head))
            _rotaries[index] = use with { HeadsToCheck = [.. use.HeadsToCheck, head] };
    }

    private Size? Layers(IEnumerable<string> weights, Size? layers) => weights.Any(weight => _module.Module.Weight(weight).InStack) ? layers : null;
}
