using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Graph;

/// <summary>The rules of a module's declarations, and of the references between its functions.</summary>
internal sealed class ModuleVerifier(Module module) : IDeclarations
{
    private readonly HashSet<string> _sizes = new(StringComparer.Ordinal) { "T", "S" };

    public Module Module { get; } = module;

    public void Run()
    {
        VerifyDims();
        VerifyOptions();
        VerifyWeights();
        if (Module.Functions.Count == 0)
            throw Error("a module needs a function");
        Unique(Module.Functions.Select(static function => function.Name), "function");
        foreach (var function in Module.Functions)
            new FunctionVerifier(this, function).Run();
        Unique(Module.Entries.Select(static entry => entry.Function), "entry");
        foreach (var entry in Module.Entries)
            VerifyEntry(entry);
    }

    public string? ProblemOf(Size size) => ProblemOf(size, rowsAllowed: false);

    /// <summary>
    /// The error of a size: it may contain declared dims and integer options, and row counts if these are allowed. Null for a valid size.
    /// </summary>
    public string? ProblemOf(Size size, bool rowsAllowed)
    {
        foreach (var symbol in size.Symbols)
        {
            if (!_sizes.Contains(symbol))
                return $"'{symbol}' in the size '{size}' is neither a dim nor an int option";
            if (symbol is "T" or "S" && !rowsAllowed)
                return $"the size '{size}' contains the number of rows '{symbol}', which may only be a first size by itself";
        }

        return null;
    }

    public (OptionKind Kind, bool IsList)? KindOfOption(string name) => Option(name) is { } option ? (option.Kind, option.IsList) : null;

    public bool HasWeight(string name) => Module.Weights.Any(weight => weight.Name == name);

    public bool HasFunction(string name) => Module.Functions.Any(function => function.Name == name);

    private OptionInfo? Option(string name) => Module.Options.FirstOrDefault(option => option.Name == name);

    public static Exception Error(string message) => new InvalidGraphException(message);

    private void VerifyDims()
    {
        Unique([.. Module.Dims.Select(static dim => dim.Name), .. Module.Options.Select(static option => option.Name), "T", "S"], "dim or option");
        foreach (var option in Module.Options.Where(static option => option is { Kind: OptionKind.Int, IsList: false }))
            _sizes.Add(option.Name);

        // Dims are bound in this order, so a default may use only the dims before it.
        foreach (var dim in Module.Dims)
        {
            if (dim is { Path: null, Default: null })
                throw Error($"'{ModuleText.Print(dim)}': a dim needs a config path or a value");
            if (dim.Default is not null && ProblemOf(dim.Default) is { } problem)
                throw Error($"'{ModuleText.Print(dim)}': {problem} declared before it");
            _sizes.Add(dim.Name);
        }
    }

    private void VerifyOptions()
    {
        foreach (var option in Module.Options.Where(static option => option.Kind == OptionKind.Rotary))
        {
            if (option.Default is not { } text || SizeParser.TryParse(text, Size.Symbol, out _) is not { } size)
                throw Error($"'{ModuleText.Print(option)}': a rotary option needs its head size as default");
            if (ProblemOf(size) is { } problem)
                throw Error($"'{ModuleText.Print(option)}': {problem}");
        }
    }

    private void VerifyWeights()
    {
        Unique(Module.Weights.Select(static weight => weight.Name), "weight");
        foreach (var weight in Module.Weights)
        {
            var problem = weight.Shape.Select(size => ProblemOf(size)).FirstOrDefault(static problem => problem is not null)
                ?? (weight.When is { } when && Option(when) is not { Kind: OptionKind.Bool, IsList: false } ? $"'{when}' is not a bool option" : null)
                ?? (weight.TiedTo is { } tied && (tied == weight.Name || Module.Weights.All(other => other.Name != tied))
                    ? $"'{tied}' is not another weight"
                    : null)
                ?? (weight.IsComputed && !HasFormula(weight) ? $"no function '{weight.Name}' computes [{string.Join(", ", weight.Shape)}]" : null)
                ?? (weight is { TiedTo: null, TiedWhen: not null } ? $"'{weight.TiedWhen}' decides a tie, but the weight is not tied" : null);
            if (problem is not null)
                throw Error($"'{ModuleText.Print(weight)}': {problem}");
        }
    }

    private bool HasFormula(WeightInfo weight) =>
        Module.Functions.FirstOrDefault(function => function.Name == weight.Name) is { Parameters.Count: 0, Returns: [var result] } formula
        && formula.Types[result].Shape == weight.Shape;

    private void VerifyEntry(EntryInfo entry)
    {
        if (Module.Functions.FirstOrDefault(candidate => candidate.Name == entry.Function) is not { } function)
            throw Error($"the entry '{entry.Method}' is '{entry.Function}', which is not a function");
        if (entry.Inputs.Count != function.Parameters.Count)
            throw Error(
                $"in '{function.Name}': the entry '{entry.Method}' names {entry.Inputs.Count} inputs for {function.Parameters.Count} parameters");
        if (entry.Rows is not ("All" or "First" or "Last"))
            throw Error($"in '{function.Name}': the rows of an entry are All, First or Last, not {entry.Rows}");
        for (var i = 0; i < function.Parameters.Count; i++)
        {
            var type = function.Types[function.Parameters[i]];
            if (i == 0 && type is not { DType: DType.I32, Rank: 1 })
                throw Error($"in '{function.Name}': the entry takes tokens i32[T] first, not {type}");
            if (type.Rank == 0 || type.Shape[0] != Size.Rows || (type.DType == DType.I32 && type.Rank != 1))
                throw Error($"in '{function.Name}': the entry takes ids i32[T] and rows f32[T, ..], not {type}");
        }

        if (function.Returns.Count == 0)
            throw Error($"in '{function.Name}': the entry must return a value");
        if (entry.Results.Count != function.Returns.Count)
        {
            throw Error(
                $"in '{function.Name}': the entry '{entry.Method}' names {entry.Results.Count} results for {function.Returns.Count} returned values");
        }

        Unique(entry.Results, $"result of '{entry.Method}'");
        if (entry.Results.ToList().IndexOf(EntryInfo.Logits) > 0)
            throw Error($"in '{function.Name}': the result '{EntryInfo.Logits}' of the entry '{entry.Method}' must come first");
        VerifyNoRecursion(function, []);
    }

    private void VerifyNoRecursion(Function function, IReadOnlyList<string> callers)
    {
        if (callers.Contains(function.Name))
            throw Error($"'{function.Name}' runs itself through {string.Join(", ", callers)}");
        foreach (var body in function.Nodes.SelectMany(static node => node.Bodies))
            VerifyNoRecursion(Module[body], [.. callers, function.Name]);
    }

    private static void Unique(IEnumerable<string> names, string what)
    {
        if (names.GroupBy(static name => name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } twice)
            throw Error($"two declarations of the {what} '{twice.Key}'");
    }
}
