using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>The generated class.</summary>
/// <param name="Namespace">Empty for the global one.</param>
/// <param name="Name">The author's class.</param>
/// <param name="Architectures">Values of <c>architectures</c> in <c>config.json</c> that select the class.</param>
/// <param name="Hash">Digest of the kernels: part of the key under which keys and values are cached.</param>
public sealed record ProgramIdentity(string Namespace, string Name, IReadOnlyList<string> Architectures, string Hash)
{
    /// <summary>The class extends an abstract model, from which it inherits <c>CompiledModel</c>.</summary>
    public bool ExtendsModel { get; init; }
}

/// <summary>An input of an entry point.</summary>
/// <param name="Width">Elements of a row of floats; null for ids.</param>
/// <param name="Limits">Ids must be below each of these; empty where they index no table.</param>
public sealed record InputPlan(string Name, Size? Width, IReadOnlyList<Size> Limits);

/// <summary>A result of an entry point.</summary>
/// <param name="Width">Elements of a row.</param>
public sealed record ResultPlan(string Name, Size Width);

/// <summary>A function that can be run by itself.</summary>
/// <param name="Results">Its results, in the order of the function's returns.</param>
/// <param name="Sites">Its attention, by the index of the site, with the layers of each.</param>
/// <param name="MaxPositions">Positions must be below each of these; empty where they index no table.</param>
/// <param name="EmbeddingWidth">Elements of the row that a token becomes; null if tokens index no table or several.</param>
/// <param name="Products">The products that give the keys and the values of each site; null where there is not exactly one.</param>
/// <param name="Slots">Its working memory.</param>
public sealed record EntryPlan(
    EntryInfo Info,
    string Run,
    IReadOnlyList<ResultPlan> Results,
    IReadOnlyList<(AttendKernel Attend, Size Layers)> Sites,
    IReadOnlyList<InputPlan> Inputs,
    IReadOnlyList<Size> MaxPositions,
    Size? EmbeddingWidth,
    IReadOnlyList<(AttentionProduct? Keys, AttentionProduct? Values)> Products,
    IReadOnlyList<ArenaSlotPlan> Slots)
{
    /// <summary>Elements of a row of the first result.</summary>
    public Size OutputWidth => Results[0].Width;

    public bool IsCausal => Sites.All(static site => site.Attend.IsCausal);
}

/// <summary>A slot of working memory.</summary>
/// <param name="Name">Name of its constant.</param>
/// <param name="Buffers">Names of the buffers that it holds, in the order in which the program uses them.</param>
public sealed record ArenaSlotPlan(string Name, ArenaSlot Slot, IReadOnlyList<string> Buffers);

/// <summary>An input of floats that the step copies into working memory.</summary>
/// <param name="Index">Index among the inputs of the entry point.</param>
/// <param name="Buffer">The buffer that receives its rows.</param>
public sealed record InputCopy(int Index, int Buffer, Size Width);

/// <summary>Rows that the step shows to an observer.</summary>
/// <param name="Name">The tap's name. The rows named <see cref="Hidden"/> are numbered in the order of the step.</param>
/// <param name="Index">Number among the function's taps of the same name.</param>
/// <param name="AfterKernel">Index of the kernel before it in its function; -1 for the beginning of the function.</param>
/// <param name="Buffer">The buffer that holds it.</param>
/// <param name="Rows"><see cref="Size.Rows"/> or <see cref="Size.Outputs"/>.</param>
public sealed record ObservationPoint(string Name, int Index, int AfterKernel, int Buffer, Size Width, Size Rows)
{
    public const string Hidden = "hidden";
}

/// <summary>A kernel and the structs that fill its slots.</summary>
/// <param name="Name">Its name; empty for loops and branches.</param>
/// <param name="Score">Of attention with a score function.</param>
/// <param name="PositionFreeScore">The same for keys without a position.</param>
public sealed record KernelPlan(
    Kernel Kernel, string Name, IReadOnlyList<SlotPlan> Slots, ScoreProgram? Score, ScoreProgram? PositionFreeScore = null)
{
    public SlotPlan Slot(SlotKind kind) => Slots.First(slot => slot.Kind == kind);
}

/// <summary>A function of the program: a method that launches its kernels.</summary>
/// <param name="Entry">Its entry point; null for the body of a loop or a branch.</param>
/// <param name="IsInLoop">It runs once for each block of a stack, and has the index of the block as a parameter.</param>
public sealed record FunctionPlan(
    KernelFunction Function,
    string Name,
    EntryPlan? Entry,
    bool IsInLoop,
    IReadOnlyList<InputCopy> Copies,
    IReadOnlyList<KernelPlan> Kernels,
    IReadOnlyList<ObservationPoint> Observations);

/// <summary>Everything that is decided about a program before a target prints it. It does not depend on the target.</summary>
public sealed record ProgramPlan(
    ProgramIdentity Identity,
    KernelModule Kernels,
    ProgramNames Names,
    IReadOnlyList<EntryPlan> Entries,
    IReadOnlyList<FunctionPlan> Functions,
    WeightUses Weights,
    LoadPlan Load)
{
    public Module Module => Kernels.Module;

    public Arena Arena => Kernels.Arena!;

    /// <summary>The slot of a buffer; null for a result of an entry point.</summary>
    public ArenaSlotPlan? SlotOf(KernelFunction function, int value) => Arena.SlotOf(function.Name, value) is { } slot
        ? Entries.First(entry => entry.Info.Function == slot.Entry).Slots[slot.Index]
        : null;

    /// <summary>The index of the result of an entry point whose memory holds a buffer; null for a buffer in working memory.</summary>
    public int? ResultOf(KernelFunction function, int value) => SlotOf(function, value) is null ? function.Returns.ToList().IndexOf(value) : null;

    /// <summary>The local variable for a buffer.</summary>
    public string BufferName(KernelFunction function, int value) => Names.Buffer(function.Name, value);
}
