using Cambium.Runtime.Cache;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cache;

/// <summary>A tree with chunks of 4 tokens. The key of a token is the token itself, so that the tokens of a path can be read back.</summary>
internal sealed class TreeTester : IDisposable
{
    public const int ChunkSize = 4;

    public static readonly RootKey Key = new("program", "checkpoint", "");

    public TreeTester(int pages, IReadOnlyDictionary<string, int>? quotas = null) =>
        Tree = new PrefixTree(new CpuChunkStore(new KvLayout([new CacheSite(2, 1, 1, 1)], ChunkSize, 2), pages), quotas);

    public PrefixTree Tree { get; }

    /// <summary>Enters a root and matches the cached prefix of the tokens.</summary>
    public (NodeHandle Handle, int Matched) Match(int[] tokens, int owner = 0, RootKey? key = null)
    {
        var handle = Tree.Enter(key ?? Key);
        var matched = Tree.Follow(ref handle, tokens);
        matched += Tree.Join(ref handle, tokens.AsSpan(matched), owner, out _);
        return (handle, matched);
    }

    /// <summary>Places all tokens. Null if the pool is full.</summary>
    public bool Place(ref NodeHandle handle, ReadOnlySpan<int> tokens, int owner = 0)
    {
        while (!tokens.IsEmpty)
        {
            var n = Tree.Append(ref handle, tokens, tokens.Length, owner);
            if (n == 0)
                return false;
            tokens = tokens[n..];
        }

        return true;
    }

    /// <summary>Writes the keys of the tokens placed on a path, as a step does, and commits them.</summary>
    public void Compute(ref NodeHandle handle)
    {
        for (var node = Tree.At(handle); node is { Source: NodeSource.Tokens } && node.Scheduled > node.Computed; node = node.Parent!)
        {
            for (var slot = node.Computed; slot < node.Scheduled; slot++)
            {
                for (var layer = 0; layer < 2; layer++)
                {
                    Tree.Store.WriteKey(node.Page, slot, 0, layer, 0, [Tree.TokensOf(node)[slot] + (1000 * layer)]);
                    Tree.Store.WriteValue(node.Page, slot, 0, layer, 0, [-Tree.TokensOf(node)[slot] - (1000 * layer)]);
                }
            }
        }

        Tree.Commit(ref handle);
    }

    /// <summary>Runs a sequence: match, place the rest, compute.</summary>
    public NodeHandle Insert(int[] tokens, int owner = 0, RootKey? key = null)
    {
        var (handle, matched) = Match(tokens, owner, key);
        Assert.True(Place(ref handle, tokens.AsSpan(matched), owner), "The pool is full.");
        Compute(ref handle);
        return handle;
    }

    /// <summary>The tokens of a path, read from its keys and values.</summary>
    public int[] Read(NodeHandle handle)
    {
        var tokens = new List<int>();
        for (var node = Tree.At(handle); node.Source == NodeSource.Tokens; node = node.Parent!)
        {
            for (var slot = node.Computed - 1; slot >= 0; slot--)
            {
                var token = (int)KeyOf(node, slot, 0);
                Assert.Equal(token + 1000, KeyOf(node, slot, 1));
                Assert.Equal(-token, ValueOf(node, slot, 0));
                Assert.Equal(-token - 1000, ValueOf(node, slot, 1));
                Assert.Equal(token, Tree.TokensOf(node)[slot]);
                tokens.Add(token);
            }
        }

        tokens.Reverse();
        return [.. tokens];
    }

    public void Dispose() => Tree.Dispose();

    private float KeyOf(Node node, int slot, int layer)
    {
        Span<float> key = stackalloc float[1];
        Tree.Store.ReadKey(node.Page, slot, 0, layer, 0, key);
        return key[0];
    }

    private float ValueOf(Node node, int slot, int layer)
    {
        Span<float> value = stackalloc float[1];
        Tree.Store.ReadValue(node.Page, slot, 0, layer, 0, value);
        return value[0];
    }
}
