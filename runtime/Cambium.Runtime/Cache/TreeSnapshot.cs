using System.Globalization;
using System.Text;

namespace Cambium.Runtime.Cache;

/// <summary>What a tree held at one moment.</summary>
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
        text.Append(CultureInfo.InvariantCulture, $"{Nodes.Count(static node => node.Users > 0 && node.Parent >= 0)} chunks in use, {Nodes.Count(static node => node.Users == 0)} cached, of {Pages} of {ChunkSize} tokens\n");
        foreach (var node in Nodes)
            text.Append(' ', 2 * node.Depth).Append(Label(node)).Append('\n');
        return text.ToString();
    }

    /// <summary>The tree as a graph for Graphviz; <c>dot -Tsvg</c> draws it.</summary>
    public string ToDot()
    {
        var text = new StringBuilder("digraph tree {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\", style=filled];\n");
        foreach (var node in Nodes)
        {
            var colour = node.Parent < 0 ? "white" : node.IsPublished ? "lightblue" : node.Users > 0 ? "palegreen" : "gray92";
            text.Append(CultureInfo.InvariantCulture, $"  n{node.Index} [label=\"{Escaped(Label(node))}\", fillcolor={colour}];\n");
            if (node.Parent >= 0)
                text.Append(CultureInfo.InvariantCulture, $"  n{node.Parent} -> n{node.Index};\n");
        }

        return text.Append("}\n").ToString();
    }

    private static string Escaped(string label) => label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Label(NodeSnapshot node)
    {
        if (node.Parent < 0)
            return $"root {node.Name}";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{node.FirstPosition}+{node.Computed}");
        if (node.Identity is { } identity)
            text.Append(" given ").Append(identity);
        else
            text.Append(" [").AppendJoin(' ', node.Tokens.Take(Shown)).Append(node.Tokens.Count > Shown ? " ..]" : "]");
        if (node.Tenant.Length > 0)
            text.Append(" of ").Append(node.Tenant);
        if (node.IsPublished)
            text.Append(" published");
        text.Append(node.Users > 0 ? string.Create(CultureInfo.InvariantCulture, $" {node.Users} users") : string.Create(CultureInfo.InvariantCulture, $" last used {node.LastUsed}"));
        return text.ToString();
    }
}

/// <summary>One node of a tree at one moment.</summary>
/// <param name="Index">Its number, which another node has when it is gone.</param>
/// <param name="Parent">The parent's index; -1 for a root.</param>
/// <param name="Depth">0 for a root.</param>
/// <param name="Name">Of a chunk whose keys and values are complete: what <see cref="ChunkName"/> calls it, in hexadecimal digits; of a root its name; otherwise empty.</param>
/// <param name="FirstPosition">Position of its first token.</param>
/// <param name="Tokens">Those whose keys and values are there or will be when the coming step has run.</param>
/// <param name="Computed">Keys and values that are there.</param>
/// <param name="Users">Sequences and pins at it or below it.</param>
/// <param name="Tenant">Whose it is.</param>
/// <param name="IsPublished">All tenants see it.</param>
/// <param name="LastUsed">Logical time.</param>
/// <param name="Identity">Of keys and values that were given; null for tokens.</param>
public sealed record NodeSnapshot(
    int Index, int Parent, int Depth, string Name, int FirstPosition, IReadOnlyList<int> Tokens, int Computed, int Users, string Tenant, bool IsPublished, long LastUsed, string? Identity);
