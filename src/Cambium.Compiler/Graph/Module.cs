using Cambium.Compiler.Collections;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Graph;

/// <summary>The source of a node: class and id of the author's operation.</summary>
public sealed record Origin(string TypeName, int Id)
{
    public static Origin None { get; } = new("", 0);

    /// <summary>The author's expression, for remarks; null for a statement, and in a graph that is read from text.</summary>
    public AuthorExpression? Source { get; init; }

    /// <summary>Class and id identify an operation.</summary>
    public bool Equals(Origin? other) => other is not null && TypeName == other.TypeName && Id == other.Id;

    public override int GetHashCode() => (TypeName, Id).GetHashCode();
}

/// <summary>One operation. Operands and results are value ids of the function; operands precede results.</summary>
public sealed class Node(string op, IReadOnlyList<int> operands, IReadOnlyList<int> results, IReadOnlyList<NodeAttribute> attributes, Origin origin)
{
    public string Op { get; } = op;

    /// <summary>Kind of the op. Throws for an op that the catalog does not have.</summary>
    public OpKind Kind => OpCatalog.Get(Op).Kind;

    public IReadOnlyList<int> Operands { get; } = operands;

    public IReadOnlyList<int> Results { get; } = results;

    public IReadOnlyList<NodeAttribute> Attributes { get; } = attributes;

    /// <summary>Not part of the meaning: graphs that differ only in origins are the same program.</summary>
    public Origin Origin { get; } = origin;

    public int Result => Results[0];

    public AttributeValue? this[string name] => Attributes.FirstOrDefault(attribute => attribute.Name == name)?.Value;

    /// <summary>Names of the functions that the node runs.</summary>
    public IEnumerable<string> Bodies => Attributes
        .Where(static attribute => attribute.Name is "body" or "then" or "else")
        .Select(static attribute => attribute.Value)
        .OfType<SymbolValue>()
        .Select(static symbol => symbol.Name);

    public Size SizeOf(string name) => ((SizeValue)this[name]!).Value;

    public string SymbolOf(string name) => ((SymbolValue)this[name]!).Name;

    public EquatableArray<Size> ShapeOf(string name) => ((ShapeValue)this[name]!).Sizes;

    /// <summary>A flag of the node, or its default.</summary>
    public bool Is(string flag) => ((FlagValue)(this[flag] ?? OpCatalog.Get(Op).Attribute(flag)!.Default!)).Value;

    public ScalarExpression? Score => (this["score"] as ScoreValue)?.Body;
}

/// <summary>A flat list of nodes in topological order.</summary>
/// <param name="Parameters">Value ids of the parameters.</param>
/// <param name="Types">Type of every value id.</param>
/// <param name="Returns">Value ids of the results.</param>
public sealed record Function(
    string Name,
    IReadOnlyList<int> Parameters,
    IReadOnlyList<Node> Nodes,
    IReadOnlyList<int> Returns,
    IReadOnlyDictionary<int, TensorType> Types)
{
    /// <summary>The node that computes a value, for all values except parameters.</summary>
    public IReadOnlyDictionary<int, Node> Producers { get; } = Nodes
        .SelectMany(static node => node.Results.Select(result => (result, node)))
        .ToDictionary(static pair => pair.result, static pair => pair.node);

    /// <summary>The number of reads of each value, as an operand or as a result of the function.</summary>
    public IReadOnlyDictionary<int, int> Uses { get; } = Nodes
        .SelectMany(static node => node.Operands)
        .Concat(Returns)
        .GroupBy(static value => value)
        .ToDictionary(static group => group.Key, static group => group.Count());
}

/// <summary>A size that the config binds.</summary>
/// <param name="Path">Config path, or null for a constant given by <paramref name="Default"/>.</param>
public sealed record DimInfo(string Name, string? Path, Size? Default);

/// <summary>An option that the config binds.</summary>
public sealed record OptionInfo(string Name, OptionKind Kind, string Path, string? Default)
{
    /// <summary>The config has a list of such values. <see cref="Default"/> is the value of each.</summary>
    public bool IsList { get; init; }

    /// <summary>For <see cref="OptionKind.Enum"/>: the possible values.</summary>
    public EquatableArray<ChoiceSpec> Choices { get; init; } = EquatableArray<ChoiceSpec>.Empty;
}

/// <summary>A tensor of the checkpoint.</summary>
/// <param name="Path">Full name; <c>{i}</c> is the index of the stack.</param>
public sealed record WeightInfo(string Name, string Path, EquatableArray<Size> Shape, string? When, string? TiedTo, string? TiedWhen)
{
    /// <summary>The checkpoint stores [in, out], and <see cref="Shape"/> is [out, in].</summary>
    public bool IsTransposed { get; init; }

    /// <summary>For a slice of a larger tensor's first axis: the first row. Null for a whole tensor.</summary>
    public Size? Begin { get; init; }

    /// <summary>Number of rows of the larger tensor.</summary>
    public Size? WholeRows { get; init; }

    /// <summary>For a slice of each head: its rows per head. Null for one range of rows.</summary>
    public Size? GroupRows { get; init; }

    /// <summary>Rows from the start of one head to the start of the next.</summary>
    public Size? RowStride { get; init; }

    /// <summary>
    /// The function of the same name computes the weight from others when a checkpoint is loaded. The path is empty, or the index alone if each
    /// block of a stack has its own.
    /// </summary>
    public bool IsComputed { get; init; }

    public bool InStack => Path.Contains("{i}");
}

/// <summary>
/// Types of the parameters, locals and result (<c>return</c>) of an author's function, in the order in which they get their values.
/// </summary>
/// <param name="Function">Class and function.</param>
public sealed record FunctionShapes(string Function, IReadOnlyList<KeyValuePair<string, TensorType>> Shapes)
{
    public bool HasSameShapes(FunctionShapes other) => Function == other.Function && Shapes.SequenceEqual(other.Shapes);
}

/// <summary>A function that can run by itself.</summary>
/// <param name="Function">Its name in the module.</param>
/// <param name="Method">The author's name for it.</param>
/// <param name="Inputs">The author's names of its parameters.</param>
/// <param name="Rows"><c>All</c>, <c>First</c> or <c>Last</c>: the rows of a sequence whose results are wanted.</param>
public sealed record EntryInfo(string Function, string Method, EquatableArray<string> Inputs, string Rows)
{
    /// <summary>The name of a single result, and of the result from which an engine samples.</summary>
    public const string Logits = "logits";

    /// <summary>Names of its results, in the order of the function's returns. <see cref="Logits"/> comes first where it is one of several.</summary>
    public EquatableArray<string> Results { get; init; } = EquatableArray.Of(Logits);

    /// <summary>The default entry of a function.</summary>
    public static EntryInfo Of(Function function)
    {
        static string Name(string first, string other, int i) =>
            i == 0 ? first : other + i.ToString(System.Globalization.CultureInfo.InvariantCulture);

        return new(function.Name, "Forward", function.Parameters.Select(static (_, i) => Name("tokens", "input", i)).ToEquatableArray(), "All")
        {
            Results = function.Returns.Count < 2
                ? EquatableArray.Of(Logits)
                : function.Returns.Select(static (_, i) => Name(Logits, "result", i)).ToEquatableArray(),
        };
    }
}

/// <summary>A whole program: declarations, which get their values at load, and functions.</summary>
public sealed record Module(
    string Name,
    IReadOnlyList<DimInfo> Dims,
    IReadOnlyList<OptionInfo> Options,
    IReadOnlyList<WeightInfo> Weights,
    IReadOnlyList<Function> Functions)
{
    /// <summary>Values of the dims and options of the model's own class, by the author's names. Those of blocks have only their symbols.</summary>
    public IReadOnlyList<KeyValuePair<string, AttributeValue>> Members { get; init; } = [];

    /// <summary>Divisions on which the shapes depend: loading refuses a checkpoint for which one of them leaves a remainder.</summary>
    public IReadOnlyList<(Size Left, Size Right)> ExactDivisions { get; init; } = [];

    /// <summary>Shapes in the author's functions, for the report.</summary>
    public IReadOnlyList<FunctionShapes> Shapes { get; init; } = [];

    /// <summary>The distinct settings that must have one of certain values.</summary>
    public IReadOnlyList<ExpectationSpec> Expectations { get; init; } = [];

    /// <summary>The functions that can run by themselves. The first one is the model's <c>Forward</c>.</summary>
    public IReadOnlyList<EntryInfo> Entries { get; init; } = Functions.Count == 0 ? [] : [EntryInfo.Of(Functions[0])];

    public Function Main => Functions[0];

    public bool IsEntry(string function) => Entries.Any(entry => entry.Function == function);

    public Function this[string function] => Functions.First(candidate => candidate.Name == function);

    /// <summary>Applies a change of one function to each function.</summary>
    public Module Map(Func<Function, Function> change) => this with { Functions = [.. Functions.Select(change)] };

    public WeightInfo Weight(string name) => Weights.First(candidate => candidate.Name == name);
}
