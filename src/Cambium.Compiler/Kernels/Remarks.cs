using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Describes the kernels of a function by the author's expressions, for remarks in generated code and for the report. Nodes that passes make keep
/// the origin of the operation that they come from, so a norm that was expanded to seven ops is one expression.
/// </summary>
internal sealed class Remarks
{
    private readonly FunctionView _view;
    private readonly Dictionary<Region, IReadOnlyList<AuthorExpression>> _sources;

    public Remarks(FunctionView view, IReadOnlyList<Region> regions)
    {
        _view = view;
        _sources = regions.ToDictionary(static region => region, static region => (IReadOnlyList<AuthorExpression>)[.. SourcesOf(region)]);
    }

    /// <summary>The author's expression of a node, without the calls inside of it. A graph that is read from text has only names of ops.</summary>
    public static string NameOf(Node node) => node.Origin.Source?.Summary ?? node.Op;

    /// <summary>
    /// The distinct expressions that a kernel computes, in the order of their computation. An expression inside of another one of the same kernel is
    /// left out. The calls inside of an expression that other kernels compute are replaced by <c>..</c>.
    /// </summary>
    public IReadOnlyList<string> ExpressionsOf(Region region)
    {
        var own = _sources[region];
        var keys = KeysOf(own);
        var elsewhere = KeysOf(_sources.Where(other => other.Key != region).SelectMany(static other => other.Value));
        elsewhere.ExceptWith(keys);
        var inner = new HashSet<(string TypeName, int Id)>(own.SelectMany(static source => source.Inner.Select(part => (source.TypeName, part.Id))));

        var texts = new List<string>();
        foreach (var node in region.Nodes.Where(IsComputation))
        {
            if (node.Origin.Source is not { } source)
                texts.Add(node.Op);
            else if (!inner.Contains((source.TypeName, source.Expression.Id)))
                texts.Add(Print(node, source, part => elsewhere.Contains((source.TypeName, part.Id))));
        }

        texts.AddRange(AppendsOf(region));
        return [.. texts.Distinct()];
    }

    /// <summary>The reasons of copies inside of a kernel: the readers that cannot read the copied values in place.</summary>
    public IReadOnlyList<string> CopiesOf(Region region) => [.. region.Nodes.Where(static node => node.Op == "copy").Select(ReadersOf).Distinct()];

    private static string Print(Node node, AuthorExpression source, Func<Expression, bool> isElsewhere)
    {
        var text = ExpressionText.Print(source, isElsewhere);

        // The compiler adds this op where an operand repeats in a way that no kernel reads in place.
        return OpCatalog.Get(node.Op) is { Kind: OpKind.Arrange, Method: null } ? $"repeats an operand of {text}" : text;
    }

    private static bool IsComputation(Node node) => node.Kind != OpKind.Append && node.Op != "copy";

    private static IEnumerable<AuthorExpression> SourcesOf(Region region) =>
        region.Nodes.Where(IsComputation).Select(static node => node.Origin.Source).OfType<AuthorExpression>();

    private static HashSet<(string TypeName, int Id)> KeysOf(IEnumerable<AuthorExpression> sources) =>
        [.. sources.Select(static source => (source.TypeName, source.Expression.Id))];

    private static IEnumerable<string> AppendsOf(Region region) => region.Nodes
        .Where(static node => node.Kind == OpKind.Append && node.Origin.Source is not null)
        .GroupBy(static node => node.Origin.Source!.Summary)
        .Select(static attention => $"stores {string.Join(" and ", attention.Select(static node => node.Op == "append_key" ? "keys" : "values").Distinct())} of {attention.Key}");

    private string ReadersOf(Node copy)
    {
        var readers = _view.Consumers(copy.Result)
            .Select(static reader => OpCatalog.Get(reader.Op) is var op && op.Kind is OpKind.Product or OpKind.Attention or OpKind.Control
                ? $"{reader.Origin.Source?.Summary ?? op.Method ?? $"a {op.Name}"} reads whole rows"
                : $"{reader.Origin.Source?.Summary ?? op.Method ?? op.Name} cannot read the slice in place")
            .Concat(_view.Returned.Contains(copy.Result) ? ["results are whole rows"] : []);
        return string.Join("; ", readers.Distinct());
    }
}
