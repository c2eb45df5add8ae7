using Cambium.Runtime.Chunks;
using Cambium.Runtime.Tests.Cpu;
using Xunit;

namespace Cambium.Runtime.Tests.Kernels;

public abstract class AttendSuite<TBackend> : KernelSuite<TBackend>
    where TBackend : IKernelBackend<TBackend>
{
    public static TheoryData<string, KvStorage> StoredVariants
    {
        get
        {
            var data = new TheoryData<string, KvStorage>();
            foreach (var variant in TBackend.Variants)
            {
                foreach (var storage in Enum.GetValues<KvStorage>())
                    data.Add(variant, storage);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void Attention_over_random_trees_matches_double_precision(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        foreach (var (kvHeads, group, keySize, valueSize) in (ReadOnlySpan<(int, int, int, int)>)
            [(1, 1, 1, 1), (2, 3, 20, 20), (3, 1, 33, 48), (1, 4, 80, 100), (1, 2, 300, 3)])
        {
            var tree = RandomTree(new CacheSite(1, kvHeads, keySize, valueSize), kvHeads * group, 9, null, storage);
            Close(tree.Expected(), backend.Attend(tree, 64, 2, static r => r / 4), 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void Blocks_and_threads_do_not_change_a_bit(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        var tree = RandomTree(new CacheSite(1, 2, 48, 33), 6, 37, null, storage);
        foreach (var chunkSize in (int[])[32, 96, 512])
        {
            var together = backend.Attend(tree, chunkSize, 1, static _ => 0);
            SameBits(together, backend.Attend(tree, chunkSize, 2, static r => r));
            SameBits(together, backend.Attend(tree, chunkSize, 2, static r => r / 3));
            SameBits(together, backend.Attend(tree, chunkSize, 3, static r => r < 1 ? 0 : r < 18 ? 1 : 2));
            Close(tree.Expected(), together, 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void Given_contents_match_double_precision(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        foreach (var (kvHeads, group, keySize, valueSize) in (ReadOnlySpan<(int, int, int, int)>)
            [(1, 1, 1, 1), (2, 3, 20, 20), (3, 1, 33, 48), (1, 4, 80, 100), (1, 2, 300, 3)])
        {
            foreach (var window in (int[])[0, 7])
            {
                var tree = TreeWithContents(new CacheSite(1, kvHeads, keySize, valueSize, kvHeads * group), storage, window);
                var together = backend.Attend(tree, 64, 2, static _ => 0);
                Close(tree.Expected(), together, 4e-6);
                SameBits(together, backend.Attend(tree, 64, 2, static r => r / 4));
                SameBits(together, backend.Attend(tree, 64, 1, static r => r));
                Close(
                    tree.Expected(static (score, key, query, head) => score - (0.25 * (head + 1) * (query - key))),
                    backend.Attend(tree, 64, 2, static r => r / 4, ScoreFunction.Distance), 4e-6);
            }
        }
    }

    // The keys and values of whole chunks of tokens, given as rows at the same positions.
    [Theory]
    [MemberData(nameof(Variants))]
    public void Given_rows_have_the_bits_of_tokens(string variant)
    {
        var backend = TBackend.Open(variant);
        var site = new CacheSite(1, 2, 20, 33, 6);
        foreach (var (chunkSize, length) in (ReadOnlySpan<(int, int)>)[(64, 64), (64, 192), (32, 96), (512, 512), (64, 17)])
        {
            var random = new Random(length);
            float[] keys = random.Floats(length * 2 * 20), values = random.Floats(length * 2 * 33);
            float[] laterKeys = random.Floats(9 * 2 * 20), laterValues = random.Floats(9 * 2 * 33), queries = random.Floats(9 * 6 * 20);
            SameBits(Run(given: false), Run(given: true));

            float[] Run(bool given)
            {
                var tree = new AttentionTree(site, 6);
                var data = new RowData([site], length);
                for (var row = 0; row < length; row++)
                {
                    for (var head = 0; head < 2; head++)
                    {
                        keys.AsSpan(((row * 2) + head) * 20, 20).CopyTo(data.Key(0, 0, head, row));
                        values.AsSpan(((row * 2) + head) * 33, 33).CopyTo(data.Value(0, 0, head, row));
                    }
                }

                var prefix = given ? tree.AddContent(-1, data, hasPositions: true) : tree.AddSegment(-1, keys, values);
                var leaf = tree.AddSegment(prefix, laterKeys, laterValues);
                for (var i = 0; i < 9; i++)
                    tree.AddRow(leaf, length + i, queries[(i * 120)..((i + 1) * 120)]);
                return backend.Attend(tree, chunkSize, 2, static r => r / 3);
            }
        }
    }

    // Rows of one piece and of several, with and without positions, states, and nodes with a softmax of their own, shared by some rows.
    private static AttentionTree TreeWithContents(CacheSite site, KvStorage storage, int window)
    {
        var random = new Random(site.KeySize);
        var tree = new AttentionTree(site, site.Heads)
        {
            Storage = storage,
            Shape = new(site.Heads, site.KvHeads, site.KeySize, site.ValueSize, 1 / MathF.Sqrt(site.KeySize), window),
        };
        var rows = tree.AddContent(-1, Rows(5), hasPositions: true);
        var free = tree.AddContent(rows, Rows(130), hasPositions: false);
        var shared = tree.AddSegment(free, 70, random);
        var state = tree.AddContent(-1, State(), hasPositions: false);
        var side = tree.AddContent(state, Side(70), hasPositions: false);
        var secondState = tree.AddContent(side, State(), hasPositions: false);
        int[] parents = [shared, shared, state, side, secondState, rows, -1];
        foreach (var parent in parents)
        {
            var leaf = tree.AddSegment(parent, 3, random);
            tree.AddRow(leaf, random.Floats(site.Heads * site.KeySize));
        }

        return tree;

        RowData Rows(int count)
        {
            var data = new RowData([site], count);
            Fill(data);
            return data;
        }

        SideData Side(int count)
        {
            var data = new SideData([site], count);
            Fill(data);
            random.Floats(site.Heads).CopyTo(data.Gates(0, 0));
            return data;
        }

        StateData State()
        {
            var data = new StateData([site]);
            for (var head = 0; head < site.Heads; head++)
            {
                random.Floats(site.KeySize * site.ValueSize).CopyTo(data.Z(0, 0, head));
                foreach (ref var k in data.K(0, 0, head))
                    k = 0.1f + random.NextSingle();
            }

            return data;
        }

        void Fill(RowData data)
        {
            for (var head = 0; head < site.KvHeads; head++)
            {
                for (var row = 0; row < data.Rows; row++)
                {
                    random.Floats(site.KeySize).CopyTo(data.Key(0, 0, head, row));
                    random.Floats(site.ValueSize).CopyTo(data.Value(0, 0, head, row));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void A_query_has_the_same_bits_in_any_batch(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        var site = new CacheSite(1, 1, 20, 70);
        var random = new Random(2);
        float[] keys = random.Floats(300 * 20), values = random.Floats(300 * 70), queries = random.Floats(40 * 20);
        foreach (var chunkSize in (int[])[64, 512])
        {
            var alone = new float[40][];
            for (var i = 0; i < 40; i++)
                alone[i] = Run(chunkSize, i, 1);
            for (var count = 2; count <= 40; count++)
            {
                var all = Run(chunkSize, 0, count);
                for (var i = 0; i < count; i++)
                    SameBits(alone[i], all[(i * 70)..((i + 1) * 70)]);
            }
        }

        float[] Run(int chunkSize, int first, int count)
        {
            var tree = new AttentionTree(site, 1) { Storage = storage };
            var leaf = tree.AddSegment(-1, keys, values);
            for (var i = first; i < first + count; i++)
                tree.AddRow(leaf, queries[(i * 20)..((i + 1) * 20)]);
            return backend.Attend(tree, chunkSize, 1, static _ => 0);
        }
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void A_prefill_has_the_bits_of_one_step_per_token(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        const int Length = 133;
        var site = new CacheSite(1, 1, 16, 24);
        foreach (var window in (int[])[0, 1, 7, 40, 64])
        {
            var tree = Prompt(site, Length, window, Length);
            var all = backend.Attend(tree, 32, 2, static r => r / 50);
            Close(tree.Expected(), all, 2e-6);
            SameBits(all, backend.Attend(tree, 32, 1, static r => r));

            // Token by token: the later keys are not written yet.
            foreach (var length in (int[])[1, 2, 31, 32, 33, 64, 100, 132])
            {
                var shorter = Prompt(site, Length, window, length);
                var last = backend.Attend(shorter, 32, 1, static _ => 0);
                SameBits(all[..(length * 48)], last);
            }
        }

        AttentionTree Prompt(CacheSite site, int longest, int window, int length)
        {
            var random = new Random(11);
            float[] keys = random.Floats(longest * 16), values = random.Floats(longest * 24), queries = random.Floats(longest * 32);
            var tree = new AttentionTree(site, 2) { Shape = new(2, 1, 16, 24, 0.25f, window), Storage = storage };
            var leaf = tree.AddSegment(-1, keys[..(length * 16)], values[..(length * 24)]);
            for (var i = 0; i < length; i++)
                tree.AddRow(leaf, i, queries[(i * 32)..((i + 1) * 32)]);
            return tree;
        }
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void Without_a_causal_mask_keys_on_both_sides_are_visible(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        var site = new CacheSite(1, 1, 17, 23);
        foreach (var (length, window) in (ReadOnlySpan<(int, int)>)[(1, 0), (31, 0), (133, 0), (133, 1), (133, 9), (133, 64)])
        {
            var random = new Random(length + window);
            var tree = new AttentionTree(site, 3) { Shape = new(3, 1, 17, 23, 0.25f, window, IsCausal: false), Storage = storage };
            var leaf = tree.AddSegment(-1, length, random);
            for (var i = 0; i < length; i++)
                tree.AddRow(leaf, i, random.Floats(3 * 17));
            var together = backend.Attend(tree, 32, 2, static r => r / 50);
            Close(tree.Expected(), together, 2e-6);
            SameBits(together, backend.Attend(tree, 32, 1, static r => r));
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void An_attention_sink_takes_its_share_of_each_softmax(string variant)
    {
        var backend = TBackend.Open(variant);
        float[] sinks = [0, 3, -100, 40, 1e30f, float.NegativeInfinity];
        var tree = RandomTree(new CacheSite(1, 2, 48, 33), 6, 37, sinks);
        foreach (var chunkSize in (int[])[32, 96])
        {
            var together = backend.Attend(tree, chunkSize, 1, static _ => 0);
            Close(tree.Expected(), together, 2e-6);
            SameBits(together, backend.Attend(tree, chunkSize, 2, static r => r));
            SameBits(together, backend.Attend(tree, chunkSize, 2, static r => r / 3));

            // A query that sees only its sink gets zeros.
            Assert.All(backend.Attend(tree, chunkSize, 1, static _ => 0, ScoreFunction.Hidden), static value => Assert.Equal(0, value));
        }
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void Huge_scores_do_not_give_NaN(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        var site = new CacheSite(1, 1, 8, 8);
        foreach (var shift in (float[])[-1000, 1000, 1e30f, -1e30f])
        {
            var random = new Random(5);
            var tree = new AttentionTree(site, 1) { Storage = storage };
            float[] keys = [.. random.Floats(100 * 8).Select(v => v + shift)];
            var leaf = tree.AddSegment(-1, keys, random.Floats(100 * 8));
            tree.AddRow(leaf, [.. Enumerable.Repeat(1f, 8)]);
            var result = backend.Attend(tree, 32, 1, static _ => 0);
            Assert.All(result, static v => Assert.InRange(v, -1, 1));
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_score_function_gets_positions_and_heads(string variant)
    {
        var backend = TBackend.Open(variant);
        var tree = RandomTree(new CacheSite(1, 2, 20, 20), 4, 11);
        var expected = tree.Expected(static (s, key, query, head) => s - (0.25 * (head + 1) * (query - key)));
        Close(expected, backend.Attend(tree, 64, 2, static r => r / 2, ScoreFunction.Distance), 2e-6);
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void A_row_with_only_masked_keys_gets_zeros(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        var tree = RandomTree(new CacheSite(1, 1, 20, 20), 1, 5, null, storage);
        Assert.All(backend.Attend(tree, 32, 1, static _ => 0, ScoreFunction.Hidden), static v => Assert.Equal(0, v));
    }

    [Theory]
    [MemberData(nameof(StoredVariants))]
    public void A_node_outside_the_window_changes_no_bit(string variant, KvStorage storage)
    {
        var backend = TBackend.Open(variant);
        // For some rows, all of the first node is outside of the window.
        var site = new CacheSite(1, 1, 16, 40);
        var random = new Random(21);
        float[] keys = random.Floats(96 * 16), values = random.Floats(96 * 40), queries = random.Floats(3 * 16);
        var tree = new AttentionTree(site, 1) { Shape = new(1, 1, 16, 40, 0.25f, 20), Storage = storage };
        var leaf = tree.AddSegment(-1, keys, values);
        tree.AddRow(leaf, 10, queries[..16]);
        tree.AddRow(leaf, 70, queries[16..32]);
        tree.AddRow(leaf, 95, queries[32..]);
        var together = backend.Attend(tree, 32, 1, static _ => 0);
        SameBits(together, backend.Attend(tree, 32, 1, static r => r));
        Close(tree.Expected(), together, 2e-6);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_masked_key_keeps_the_sign_of_a_sum_that_underflowed(string variant)
    {
        var backend = TBackend.Open(variant);
        // The factor of the first node underflows to 0 and leaves -0, as does the first product of the second node.
        float[] keys = [-80, 0, 0], values = [-1e-20f, -0f, 1];
        SameBits(Run(2)[..1], Run(3)[..1]);

        float[] Run(int written)
        {
            var tree = new AttentionTree(new CacheSite(1, 1, 1, 1), 1);
            var leaf = tree.AddSegment(tree.AddSegment(-1, [-200f], [-1f]), keys[..written], values[..written]);
            for (var position = 2; position <= written; position++)
                tree.AddRow(leaf, position, [1]);
            return backend.Attend(tree, 32, 1, static _ => 0);
        }
    }

    private static void Close(double[] expected, float[] actual, double tolerance) => TensorAssert.Close(expected, actual, Tolerance.Of(tolerance));

    private static void SameBits(float[] expected, float[] actual) => TensorAssert.SameBits(expected, actual);

    private static AttentionTree RandomTree(
        CacheSite site, int heads, int rows, float[]? sinks = null, KvStorage storage = KvStorage.F32)
    {
        var random = new Random((site.KeySize * 100) + site.ValueSize);
        var tree = new AttentionTree(site, heads) { Sinks = sinks, Storage = storage };
        for (var s = 0; s < 12; s++)
            tree.AddSegment(s == 0 ? -1 : random.Next(-1, s), random.Next(1, 150), random);
        for (var r = 0; r < rows; r++)
            tree.AddRow(random.Next(12), random.Floats(heads * site.KeySize));
        return tree;
    }
}
