using System.Globalization;
using System.Security;
using System.Text;

namespace Cambium.Runtime.Cache;

/// <summary>The nodes of a tree at one moment.</summary>
/// <param name="Nodes">Parents before their children; roots first.</param>
/// <param name="Pages">Chunks of the pool.</param>
/// <param name="ChunkSize">Tokens of a chunk.</param>
public sealed record TreeSnapshot(IReadOnlyList<NodeSnapshot> Nodes, int Pages, int ChunkSize)
{
    // Tokens of a node that are written out.
    private const int Shown = 8;

    /// <summary>One line for each node, indented below its parent.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var (used, cached) = (Nodes.Count(static node => node.Users > 0 && node.Parent >= 0), Nodes.Count(static node => node.Users == 0));
        text.Append(CultureInfo.InvariantCulture, $"{used} chunks in use, {cached} cached, of {Pages} of {ChunkSize} tokens\n");
        foreach (var node in Nodes)
            text.Append(' ', 2 * node.Depth).Append(Label(node)).Append('\n');
        return text.ToString();
    }

    /// <summary>The tree as a graph for Graphviz. White roots, blue published chunks, green ones in use, grey cached ones.</summary>
    public string ToDot()
    {
        var text = new StringBuilder("digraph tree {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\", style=filled];\n");
        foreach (var node in Nodes)
        {
            text.Append(CultureInfo.InvariantCulture, $"  n{node.Index} [label=\"{Escaped(Label(node))}\", fillcolor={Colour(node)}];\n");
            if (node.Parent >= 0)
                text.Append(CultureInfo.InvariantCulture, $"  n{node.Parent} -> n{node.Index};\n");
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>The tree as a picture, drawn as <see cref="ToDot"/> describes it: a line for each leaf, a column for each depth.</summary>
    public string ToSvg()
    {
        // A parent stands at the middle of its children; children come after their parents.
        var (rows, lines) = (new Dictionary<int, double>(), 0);
        var children = Nodes.ToLookup(static node => node.Parent);
        foreach (var node in Nodes)
        {
            if (!children[node.Index].Any())
                rows[node.Index] = lines++;
        }

        foreach (var node in Nodes.Reverse())
        {
            if (!rows.ContainsKey(node.Index))
                rows[node.Index] = (children[node.Index].Min(child => rows[child.Index]) + children[node.Index].Max(child => rows[child.Index])) / 2;
        }

        // A letter of this font is three fifths of its size wide; a column is as wide as its longest label.
        int[] widths = [.. Nodes.GroupBy(static node => node.Depth).OrderBy(static column => column.Key)
            .Select(static column => 30 + (int)Math.Ceiling(7.2 * column.Max(static node => Label(node).Length)))];
        int[] lefts = [.. Enumerable.Range(0, widths.Length).Select(column => 10 + widths.Take(column).Sum())];
        var text = new StringBuilder();
        text.Append("<svg xmlns=\"http://www.w3.org/2000/svg\" ");
        text.Append(
            CultureInfo.InvariantCulture,
            $"width=\"{widths.Sum() + 10}\" height=\"{(30 * lines) + 10}\" font-family=\"monospace\" font-size=\"12\">\n");
        foreach (var node in Nodes)
        {
            var (left, top, width) = (lefts[node.Depth], (30 * rows[node.Index]) + 10, widths[node.Depth] - 20);
            if (node.Parent >= 0)
                text.Append(CultureInfo.InvariantCulture,
                    $"  <path d=\"M{left - 20} {(30 * rows[node.Parent]) + 20} L{left} {top + 10}\" stroke=\"gray\"/>\n");
            text.Append(CultureInfo.InvariantCulture,
                $"  <rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"20\" fill=\"{Colour(node)}\" stroke=\"gray\"/>\n");
            text.Append(CultureInfo.InvariantCulture, $"  <text x=\"{left + 5}\" y=\"{top + 14}\">{SecurityElement.Escape(Label(node))}</text>\n");
        }

        return text.Append("</svg>\n").ToString();
    }

    private static string Colour(NodeSnapshot node) =>
        node.Parent < 0 ? "white" : node.IsPublished ? "lightblue" : node.Users > 0 ? "palegreen" : "gainsboro";

    private static string Escaped(string label) =>
        label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    // Control characters and lone surrogates cannot be shown.
    private static string Printable(string text) => string.Concat(text.Select(static c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));

    private static string Label(NodeSnapshot node)
    {
        if (node.Parent < 0)
            return $"root {node.Name}";
        var text = new StringBuilder();
        // Keys without positions lie nowhere.
        if (node.Content is not { Positions: 0 })
            text.Append(CultureInfo.InvariantCulture, $"{node.FirstPosition}+{node.Computed} ");
        if (node.Content is { } content)
            text.Append(content.Kind.ToString().ToLowerInvariant()).Append(" \"").Append(Printable(content.Name)).Append('"');
        else
            text.Append('[').AppendJoin(' ', node.Tokens.Take(Shown)).Append(node.Tokens.Count > Shown ? " ..]" : "]");
        if (node.Tenant.Length > 0)
            text.Append(" of ").Append(Printable(node.Tenant));
        if (node.IsPublished)
            text.Append(" published");
        text.Append(node.Users > 0
            ? string.Create(CultureInfo.InvariantCulture, $" {node.Users} users")
            : string.Create(CultureInfo.InvariantCulture, $" last used {node.LastUsed}"));
        return text.ToString();
    }
}

/// <summary>One node of a tree at one moment.</summary>
/// <param name="Index">Its number, which is reused after it is removed.</param>
/// <param name="Parent">The parent's index; -1 for a root.</param>
/// <param name="Depth">0 for a root.</param>
/// <param name="Name">The <see cref="ChunkName"/> of a root or a complete chunk, in hexadecimal digits; otherwise empty.</param>
/// <param name="FirstPosition">Position of its first token.</param>
/// <param name="Tokens">Tokens whose keys and values exist, or will when the coming step has run.</param>
/// <param name="Computed">Keys and values that exist.</param>
/// <param name="Users">Sequences and pins at it or below it.</param>
/// <param name="Tenant">Its tenant.</param>
/// <param name="IsPublished">All tenants see it.</param>
/// <param name="LastUsed">Logical time.</param>
/// <param name="Content">What was given; null for tokens and roots.</param>
public sealed record NodeSnapshot(
    int Index, int Parent, int Depth, string Name, int FirstPosition,
        IReadOnlyList<int> Tokens, int Computed, int Users, string Tenant, bool IsPublished, long LastUsed, NodeContent? Content);
