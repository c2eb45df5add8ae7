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
        var nodes = region.Nodes.Where(IsComputation).ToList();
        var first = new Dictionary<(string TypeName, int Id), int>();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Origin.Source is { } source && !first.ContainsKey(KeyOf(source)))
                first.Add(KeyOf(source), i);
        }

        // The parts of each expression that this kernel computes.
        var parts = own.GroupBy(KeyOf).ToDictionary(
            static group => group.Key,
            group => group.First().Inner.Select(part => (group.Key.TypeName, part.Id)).Where(keys.Contains).ToList());
        var inner = new HashSet<(string TypeName, int Id)>(parts.Values.SelectMany(static part => part));
        var texts = new List<(int Begin, string Text)>();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Origin.Source is not { } source)
            {
                texts.Add((i, nodes[i].Op));
            }
            else if (KeyOf(source) is var key && !inner.Contains(key))
            {
                // An expression begins with the first of its parts.
                var begin = parts[key].Append(key).Min(part => first[part]);
                texts.Add((begin, Print(nodes[i], source, part => elsewhere.Contains((source.TypeName, part.Id)))));
            }
        }

        return [.. texts.OrderBy(static text => text.Begin).Select(static text => text.Text).Concat(AppendsOf(region)).Distinct()];
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

    private static (string TypeName, int Id) KeyOf(AuthorExpression source) => (source.TypeName, source.Expression.Id);

    private static HashSet<(string TypeName, int Id)> KeysOf(IEnumerable<AuthorExpression> sources) => [.. sources.Select(KeyOf)];

    private static IEnumerable<string> AppendsOf(Region region) => region.Nodes
        .Where(static node => node.Kind == OpKind.Append && node.Origin.Source is not null)
        .GroupBy(static node => node.Origin.Source!.Summary)
        .Select(static attention => (attention.Key, Stored: attention.Select(static node => node.Op == "append_key" ? "keys" : "values").Distinct()))
        .Select(static attention => $"stores {string.Join(" and ", attention.Stored)} of {attention.Key}");

    private string ReadersOf(Node copy)
    {
        // A slice of each row; or whole rows, but only those whose result is wanted.
        var (to, from) = (_view.Type(copy.Result), _view.Type(_view.ViewOf(copy.Operands[0]).Value));
        var rows = to.Width == from.Width && to.Shape[0] != from.Shape[0] ? "the wanted rows without gaps" : "whole rows";
        var readers = _view.Consumers(copy.Result)
            .Select(reader => OpCatalog.Get(reader.Op) is var op && op.Kind is OpKind.Product or OpKind.Attention or OpKind.Control
                ? $"{reader.Origin.Source?.Summary ?? op.Method ?? $"a {op.Name}"} reads {rows}"
                : $"{reader.Origin.Source?.Summary ?? op.Method ?? op.Name} cannot read the slice in place")
            .Concat(_view.Returned.Contains(copy.Result) ? [$"results are {rows}"] : []);
        return string.Join("; ", readers.Distinct());
    }
}
