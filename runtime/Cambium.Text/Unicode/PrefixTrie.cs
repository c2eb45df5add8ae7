using System.Runtime.InteropServices;

namespace Cambium.Text;

/// <summary>A trie of texts: finds those that begin at a position.</summary>
internal sealed class PrefixTrie
{
    private readonly Dictionary<ulong, int> _edges = [];
    private readonly List<int> _values = [-1];

    /// <summary>Adds a text with a value of 0 or more; a text that is there already gets the new value.</summary>
    public void Add(string text, int value)
    {
        int node = 0;
        foreach (char c in text)
        {
            ref int next = ref CollectionsMarshal.GetValueRefOrAddDefault(_edges, Key(node, c), out bool exists);
            if (!exists)
            {
                next = _values.Count;
                _values.Add(-1);
            }

            node = next;
        }

        _values[node] = value;
    }

    /// <summary>Follows one character from a node; 0 is the root. Returns false if there is no such edge.</summary>
    /// <param name="node">The node, and the next one.</param>
    /// <param name="c">The character.</param>
    /// <param name="value">The value of the text that ends here, or -1.</param>
    public bool Step(ref int node, char c, out int value)
    {
        if (!_edges.TryGetValue(Key(node, c), out int next))
        {
            value = -1;
            return false;
        }

        node = next;
        value = _values[node];
        return true;
    }

    /// <summary>The value of the longest text that begins a span, or -1.</summary>
    public int Longest(ReadOnlySpan<char> text)
    {
        int node = 0;
        int best = -1;
        foreach (char c in text)
        {
            if (!Step(ref node, c, out int value))
                break;
            if (value >= 0)
                best = value;
        }

        return best;
    }

    private static ulong Key(int node, char c) => ((ulong)(uint)node << 16) | c;
}
