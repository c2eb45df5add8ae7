using Cambium.Runtime.Cache;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Cache;

/// <summary>Random operations on a small tree against a dictionary of token lists.</summary>
public class PrefixTreeModelTests
{
    [Fact]
    public void Random_operations_match_a_dictionary_of_token_lists()
    {
        var matched = 0;
        Gen.Int[0, 1 << 24].Array[1, 80].Sample(
            codes =>
            {
                using var world = new World();
                foreach (var code in codes)
                    world.Do(code);
                world.ReleaseAll();
                Interlocked.Add(ref matched, world.Matched);
            },
            iter: 150, seed: "0000KOIPUIS4");
        Assert.True(matched > 400, $"Only {matched} tokens were ever found in the tree: the operations test nothing.");
    }

    private sealed class World : IDisposable
    {
        private static readonly RootKey[] Tenants = [TreeTester.Key, TreeTester.Key with { Tenant = "other" }];

        private readonly TreeTester _tester = new(pages: 20);
        private readonly Dictionary<int, (NodeHandle Handle, int Tenant, List<int> Tokens)> _live = [];
        private readonly List<(int Tenant, int[] Tokens)> _ever = [];
        private readonly List<(NodeHandle Handle, List<int> Tokens)> _pins = [];
        private int _nextOwner;

        public int Matched { get; private set; }

        private PrefixTree Tree => _tester.Tree;

        public void Do(int code)
        {
            var argument = code / 10;
            switch (code % 10)
            {
                case 0 or 1 or 2:
                    Insert(argument);
                    break;
                case 3:
                    InsertTwoInOneStep(argument);
                    break;
                case 4 or 5:
                    Grow(argument);
                    break;
                case 6:
                    Pin(argument);
                    break;
                case 7:
                    Release(argument);
                    break;
                case 8:
                    Forget(argument);
                    break;
                default:
                    Tree.EvictOne();
                    break;
            }

            Tree.CheckIntegrity();
            foreach (var (handle, _, tokens) in _live.Values)
                Assert.Equal(tokens, _tester.Read(handle));
            foreach (var (handle, tokens) in _pins)
                Assert.Equal(tokens, _tester.Read(handle));
        }

        public void ReleaseAll()
        {
            foreach (var id in _live.Keys.ToArray())
                Release(Array.IndexOf([.. _live.Keys], id));
            foreach (var (handle, _) in _pins)
                Tree.Unpin(handle, published: false);
            Tree.CheckIntegrity();
            Assert.Equal(0, Tree.PagesInUse);
            while (Tree.EvictOne())
                Tree.CheckIntegrity();
            Assert.Equal(Tree.Pages, Tree.FreePages);
        }

        public void Dispose() => _tester.Dispose();

        // Sequences over a tiny alphabet, so that they share long prefixes.
        private static int[] TokensOf(int argument)
        {
            var tokens = new int[1 + (argument % 14)];
            for (var i = 0; i < tokens.Length; i++)
                tokens[i] = i < 6 ? (argument >> 8) % 2 : (argument >> (i % 12)) % 3;
            return tokens;
        }

        private void Insert(int argument)
        {
            var tenant = argument % 5 == 0 ? 1 : 0;
            var tokens = TokensOf(argument);
            var (handle, owner) = Begin(tenant, tokens);
            Finish(handle, owner, tenant, tokens);
        }

        private void InsertTwoInOneStep(int argument)
        {
            var (first, second) = (TokensOf(argument), TokensOf(argument ^ (argument >> 7)));
            var (a, ownerA) = Begin(0, first);
            var (b, ownerB) = Begin(0, second);
            // Both have matched the cached prefix. Now both place the rest, the second one after tokens that the first one will compute.
            var placedA = _tester.Place(ref a, first.AsSpan(Tree.LengthOf(a).Tokens), ownerA);
            var keys = Tree.LengthOf(b).Tokens;
            keys += Tree.Follow(ref b, second.AsSpan(keys));
            var placedB = placedA && _tester.Place(ref b, second.AsSpan(keys), ownerB);
            if (!placedB)
            {
                Tree.Release(b);
                Tree.Release(a);
                return;
            }

            _tester.Compute(ref a);
            _tester.Compute(ref b);
            Add(a, ownerA, 0, first);
            Add(b, ownerB, 0, second);
        }

        private (NodeHandle Handle, int Owner) Begin(int tenant, int[] tokens)
        {
            var owner = _nextOwner++;
            var copyPossible = Tree.FreePages > 0;
            var (handle, matched) = _tester.Match(tokens, owner, Tenants[tenant]);
            Matched += matched;

            var atLeast = 0;
            foreach (var (_, otherTenant, other) in _live.Values)
                atLeast = otherTenant == tenant ? Math.Max(atLeast, Common(other, tokens)) : atLeast;
            var atMost = 0;
            foreach (var (otherTenant, other) in _ever)
                atMost = otherTenant == tenant ? Math.Max(atMost, Common(other, tokens)) : atMost;
            // A whole matching chunk needs no page. A partial copy needs one.
            Assert.True(matched >= (copyPossible ? atLeast : atLeast / TreeTester.ChunkSize * TreeTester.ChunkSize),
                $"Found {matched} tokens, and a living sequence has {atLeast}.");
            Assert.True(matched <= atMost, $"Found {matched} tokens, and no sequence ever had more than {atMost}.");
            Assert.Equal(tokens[..matched], _tester.Read(handle));
            return (handle, owner);
        }

        private void Finish(NodeHandle handle, int owner, int tenant, int[] tokens)
        {
            if (!_tester.Place(ref handle, tokens.AsSpan(Tree.LengthOf(handle).Tokens), owner))
            {
                Assert.Equal((0, 0), (Tree.FreePages, Tree.CachedPages));
                Tree.Release(handle);
                return;
            }

            _tester.Compute(ref handle);
            Add(handle, owner, tenant, tokens);
        }

        private void Add(NodeHandle handle, int owner, int tenant, int[] tokens)
        {
            _live.Add(owner, (handle, tenant, [.. tokens]));
            _ever.Add((tenant, tokens));
        }

        private void Grow(int argument)
        {
            if (_live.Count == 0)
                return;
            var owner = _live.Keys.ElementAt(argument % _live.Count);
            var (handle, tenant, tokens) = _live[owner];
            int[] more = [argument % 3];
            if (!_tester.Place(ref handle, more, owner))
            {
                Assert.Equal((0, 0), (Tree.FreePages, Tree.CachedPages));
                return;
            }

            _tester.Compute(ref handle);
            tokens.AddRange(more);
            _live[owner] = (handle, tenant, tokens);
            _ever.Add((tenant, [.. tokens]));
        }

        // Pins come from sequences and other pins. When there are many, one is removed.
        private void Pin(int argument)
        {
            if (_pins.Count > 3 || (_pins.Count > 0 && _live.Count == 0))
            {
                Tree.Unpin(_pins[0].Handle, published: false, priority: argument % 3);
                _pins.RemoveAt(0);
                return;
            }

            if (_live.Count == 0)
                return;
            var (handle, _, tokens) = _live.Values.ElementAt(argument % _live.Count);
            if (_pins.Count > 0 && argument % 2 == 0)
                (handle, tokens) = _pins[^1];
            var keys = argument % (tokens.Count + 3);
            var chunks = Math.Min(keys, tokens.Count) / TreeTester.ChunkSize;
            Assert.Equal(chunks > 0, Tree.TryPin(handle, keys, publish: false, out var pin));
            if (chunks > 0)
                _pins.Add((pin, tokens[..(chunks * TreeTester.ChunkSize)]));
        }

        private void Forget(int argument)
        {
            var (tenant, tokens) = _ever.Count == 0 ? (0, TokensOf(argument)) : _ever[argument % _ever.Count];
            Tree.Forget(Tenants[tenant], tokens);
            // The remaining nodes of the path are in use, or have other children.
            if (_live.Count == 0 && _pins.Count == 0 && _ever.TrueForAll(other => Common(tokens, other.Tokens) < TreeTester.ChunkSize
                || other.Tokens.SequenceEqual(tokens)))
                Assert.Equal(0, Tree.Probe(Tenants[tenant], tokens));
        }

        private void Release(int argument)
        {
            if (_live.Count == 0)
                return;
            var owner = _live.Keys.ElementAt(argument % _live.Count);
            Tree.Release(_live[owner].Handle);
            _live.Remove(owner);
        }

        private static int Common(IReadOnlyList<int> a, int[] b)
        {
            var n = 0;
            while (n < a.Count && n < b.Length && a[n] == b[n])
                n++;
            return n;
        }
    }
}
