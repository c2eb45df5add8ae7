using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>One step of a compiled function: a skeleton with its slots filled, or a loop.</summary>
/// <param name="Rows"><see cref="Size.Rows"/> or <see cref="Size.Outputs"/>.</param>
public abstract record Kernel(Size Rows)
{
    /// <summary>The author's expressions that it computes, for remarks and the report.</summary>
    public IReadOnlyList<string> Expressions { get; init; } = [];

    /// <summary>Why it copies rows, for remarks and the report.</summary>
    public IReadOnlyList<string> CopiesBecause { get; init; } = [];

    /// <summary>Why its ops are not part of another kernel, for the report.</summary>
    public IReadOnlyList<string> NotFusedBecause { get; init; } = [];

    /// <summary>The programs in its slots.</summary>
    public IEnumerable<RowProgram> Programs => this switch
    {
        GatherKernel { After: { } after } => [after],
        RowwiseKernel rowwise => [rowwise.Program],
        MatmulKernel matmul =>
            (matmul.Prologue is null ? Enumerable.Empty<RowProgram>() : [matmul.Prologue])
                .Concat(matmul.Segments.Select(static segment => segment.Epilogue)),
        _ => [],
    };

    /// <summary>Values of buffers that it reads.</summary>
    public abstract IEnumerable<int> Reads { get; }

    /// <summary>Values of buffers that it writes.</summary>
    public abstract IEnumerable<int> Writes { get; }
}

/// <summary>Integers of the rows: an input of the entry point, or the positions, plus an offset.</summary>
/// <param name="Input">Index among the entry's inputs; null for positions.</param>
/// <param name="Shift">Added to each; null for nothing.</param>
public sealed record RowIds(int? Input, Size? Shift)
{
    /// <summary>The tokens: the first input.</summary>
    public static RowIds Tokens { get; } = new(0, null);

    public override string ToString() =>
        (Input switch { null => "position", 0 => "token", var input => $"input {input}" }) + (Shift is null ? "" : $" + {Shift}");
}

/// <summary>Rows of a table by token or by position; then a program over the gathered row.</summary>
public sealed record GatherKernel(string Table, RowIds Ids, int Result, RowProgram? After) : Kernel(Size.Rows)
{
    public override IEnumerable<int> Reads => After is null ? [] : After.Reads.Where(value => value != Result);

    public override IEnumerable<int> Writes => After is null ? [Result] : After.Writes.Append(Result).Distinct();
}

/// <summary>A program over each row.</summary>
public sealed record RowwiseKernel(Size Rows, RowProgram Program) : Kernel(Rows)
{
    /// <summary>It computes nothing.</summary>
    public bool IsCopy => Program.Stages is
        [RowStage.Elements { Lets.Count: 0, Accumulates.Count: 0, Writes: [{ Value: ScalarExpression.Element }] }];

    public override IEnumerable<int> Reads => Program.Reads;

    public override IEnumerable<int> Writes => Program.Writes;
}

/// <summary>Weights that share their input and their epilogue; a program sees the same columns of every part's product.</summary>
/// <param name="Parts">One weight [Outputs, Inputs] each.</param>
/// <param name="Outputs">Columns of each part's product.</param>
public sealed record Segment(EquatableArray<string> Parts, Size Outputs, RowProgram Epilogue);

/// <summary>Rows times the transposes of weights.</summary>
/// <param name="Input">The buffer that is multiplied; filled by the prologue where there is one.</param>
/// <param name="Inputs">Floats in one of its rows.</param>
public sealed record MatmulKernel(Size Rows, int Input, Size Inputs, RowProgram? Prologue, EquatableArray<Segment> Segments) : Kernel(Rows)
{
    public override IEnumerable<int> Reads =>
        (Prologue is null ? [Input] : Prologue.Reads).Concat(Segments.SelectMany(static segment => segment.Epilogue.Reads)).Distinct();

    public override IEnumerable<int> Writes =>
        (Prologue is null ? Enumerable.Empty<int>() : [Input]).Concat(Segments.SelectMany(static segment => segment.Epilogue.Writes)).Distinct();
}

/// <summary>Where attention finds keys and values in the KV cache, and where appends put them.</summary>
/// <param name="Index">Index among the sites of the entry point.</param>
/// <param name="IsPerLayer">The site has a layer for each round of the loop around it; otherwise it has one layer.</param>
public sealed record SiteReference(int Index, bool IsPerLayer)
{
    public override string ToString() => IsPerLayer ? $"site {Index} by layer" : $"site {Index}";
}

/// <summary>Attention over the KV cache.</summary>
/// <param name="Query">Buffer [T, Heads, KeySize].</param>
/// <param name="Result">Buffer [T, Heads, ValueSize].</param>
/// <param name="Site">The keys and values that it reads.</param>
/// <param name="Scale">Factor of the scores.</param>
/// <param name="Window">A key is seen at distances below this; null for all.</param>
/// <param name="IsCausal">A query sees the keys up to its own position; otherwise those of its whole
/// sequence, which must then run in one step.</param>
/// <param name="Score">Function of the scaled score, or null.</param>
/// <param name="Sinks">Weight [Heads] of attention sinks: one score per head that counts in the softmax and has no value; null for none.</param>
/// <param name="Tables">Weights in which the score function looks up, by operand number.</param>
public sealed record AttendKernel(
    int Query,
    int Result,
    SiteReference Site,
    Size Heads,
    Size KvHeads,
    Size KeySize,
    Size ValueSize,
    ScalarExpression Scale,
    ScalarExpression? Window,
    bool IsCausal,
    ScalarExpression? Score,
    string? Sinks,
    IReadOnlyDictionary<int, string> Tables) : Kernel(Size.Rows)
{
    public override IEnumerable<int> Reads => [Query];

    public override IEnumerable<int> Writes => [Result];
}

/// <summary>Runs a function once per block of a stack. Carried values stay in the buffers of the body's parameters.</summary>
/// <param name="Operands">Buffers of the first round's parameters.</param>
/// <param name="Results">Values of the carried ones afterwards.</param>
public sealed record LoopKernel(string Body, Size Count, IReadOnlyList<int> Operands, IReadOnlyList<int> Results) : Kernel(Size.Rows)
{
    public override IEnumerable<int> Reads => Operands;

    public override IEnumerable<int> Writes => Results;
}

/// <summary>
/// Runs one of two functions, by a condition that is known at load. The operands are not changed; both sides write their results to the same buffers.
/// </summary>
/// <param name="Operands">Buffers of the parameters of both.</param>
/// <param name="Results">Values of the results afterwards.</param>
public sealed record BranchKernel(ScalarExpression Condition, string Then, string Else, IReadOnlyList<int> Operands,
    IReadOnlyList<int> Results) : Kernel(Size.Rows)
{
    public override IEnumerable<int> Reads => Operands;

    public override IEnumerable<int> Writes => Results;
}

/// <summary>A function as kernels in the order in which they run.</summary>
/// <param name="Returns">Values of buffers; an entry's first one is its result.</param>
/// <param name="Types">Types of the values in buffers.</param>
public sealed record KernelFunction(
    string Name,
    IReadOnlyList<int> Parameters,
    IReadOnlyList<Kernel> Kernels,
    IReadOnlyList<int> Returns,
    IReadOnlyDictionary<int, TensorType> Types);

/// <summary>A model as kernels. Every function follows the one that runs it.</summary>
public sealed record KernelModule(Module Module, IReadOnlyList<KernelFunction> Functions)
{
    /// <summary>The slots of the buffers; null before the pass <c>color-arena</c>.</summary>
    public Arena? Arena { get; init; }

    /// <summary>The pass <c>place-returns</c> has run: the results of each body are where its caller reads them.</summary>
    public bool HasReturnsInPlace { get; init; }

    public KernelFunction Main => Functions[0];

    /// <summary>The entry points, in the order of the module.</summary>
    public IEnumerable<KernelFunction> Entries => Module.Entries.Select(entry => this[entry.Function]);

    public bool IsEntry(KernelFunction function) => Module.IsEntry(function.Name);

    /// <summary>Does a function run once for each block of a stack, and not once in a step?</summary>
    public bool IsInLoop(KernelFunction function) =>
        Functions.SelectMany(static other => other.Kernels).OfType<LoopKernel>().SelectMany(loop => Reached(this[loop.Body])).Contains(function);

    /// <summary>The function and every one that it runs, each once.</summary>
    public IEnumerable<KernelFunction> Reached(KernelFunction function) =>
        function.Kernels.SelectMany(Bodies).SelectMany(body => Reached(this[body])).Prepend(function).Distinct();

    private static IEnumerable<string> Bodies(Kernel kernel) => kernel switch
    {
        LoopKernel loop => [loop.Body],
        BranchKernel branch => [branch.Then, branch.Else],
        _ => [],
    };

    /// <summary>Changes each function.</summary>
    internal KernelModule Map(Func<KernelFunction, KernelFunction> change) => this with { Functions = [.. Functions.Select(change)] };

    public KernelFunction this[string name] => Functions.First(function => function.Name == name);

    /// <summary>Every attention of every entry.</summary>
    public IEnumerable<(AttendKernel Attend, Size Layers)> Sites => Entries.SelectMany(SitesOf);

    /// <summary>Every attention of an entry, in the order of the program, with how often it runs in a step.</summary>
    public IEnumerable<(AttendKernel Attend, Size Layers)> SitesOf(KernelFunction entry) => SitesOf(entry, Size.One);

    private IEnumerable<(AttendKernel Attend, Size Layers)> SitesOf(KernelFunction function, Size layers) =>
        function.Kernels.SelectMany(kernel => kernel switch
        {
            AttendKernel attend => [(attend, layers)],
            LoopKernel loop => SitesOf(this[loop.Body], loop.Count),
            BranchKernel branch => SitesOf(this[branch.Then], layers).Concat(SitesOf(this[branch.Else], layers)),
            _ => Enumerable.Empty<(AttendKernel, Size)>(),
        });
}
