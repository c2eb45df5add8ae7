namespace Cambium.Runtime.Cache;

/// <summary>
/// Finds nodes by a 64-bit key; callers compare the content that the key was made from. Chains are linked through arrays indexed by node, so adding
/// and removing allocate nothing.
/// </summary>
internal sealed class NodeIndex
{
    private int[] _heads = [];
    private int[] _next = [];
    private ulong[] _keys = [];

    /// <summary>Makes room for nodes with indices below <paramref name="nodes"/>, keeping what was added.</summary>
    public void Grow(int nodes)
    {
        var buckets = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, nodes));
        var (heads, next, keys) = (_heads, _next, _keys);
        _heads = new int[buckets];
        Array.Fill(_heads, -1);
        _next = new int[nodes];
        _keys = new ulong[nodes];
        Array.Fill(_next, -1);
        foreach (var head in heads)
        {
            for (var node = head; node >= 0; node = next[node])
                Add(node, keys[node]);
        }
    }

    /// <summary>Adds a node that isn't in the index.</summary>
    public void Add(int node, ulong key)
    {
        ref var head = ref _heads[Bucket(key)];
        _keys[node] = key;
        _next[node] = head;
        head = node;
    }

    /// <summary>Removes a node that is in the index.</summary>
    public void Remove(int node)
    {
        ref var link = ref _heads[Bucket(_keys[node])];
        while (link != node)
        {
            if (link < 0)
                throw new InvalidOperationException($"Node {node} is not in the index.");
            link = ref _next[link];
        }

        link = _next[node];
        _next[node] = -1;
    }

    /// <summary>The first node with this key, -1 if there is none.</summary>
    public int First(ulong key) => Skip(_heads[Bucket(key)], key);

    /// <summary>The next node with the same key, -1 after the last.</summary>
    public int Next(int node) => Skip(_next[node], _keys[node]);

    /// <summary>Mixes a value into a key; the same on every machine and in every run.</summary>
    public static ulong Mix(ulong key, ulong value)
    {
        var x = (key ^ value) * 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93;
        return x ^ (x >> 32);
    }

    private int Skip(int node, ulong key)
    {
        while (node >= 0 && _keys[node] != key)
            node = _next[node];
        return node;
    }

    private int Bucket(ulong key) => (int)(key & (ulong)(_heads.Length - 1));
}
