using Cambium.Runtime.Cpu;
using Cambium.Runtime.Chunks;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed class AttendTests
{
    public static TheoryData<int> AllWidths => Widths.All;

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Attention_over_a_random_tree_of_odd_sizes_follows_the_double(int width)
    {
        foreach (var (kvHeads, group, keySize, valueSize) in (ReadOnlySpan<(int, int, int, int)>)
            [(1, 1, 1, 1), (2, 3, 20, 20), (3, 1, 33, 48), (1, 4, 80, 100), (1, 2, 300, 3)])
        {
            var tree = RandomTree(new CacheSite(1, kvHeads, keySize, valueSize), kvHeads * group, 9);
            Close(tree.Expected(), tree.Attend(width, 64, 2, static r => r / 4), 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void How_rows_are_blocked_and_threaded_never_changes_a_bit(int width)
    {
        var tree = RandomTree(new CacheSite(1, 2, 48, 33), 6, 37);
        foreach (var chunkSize in (int[])[32, 96, 512])
        {
            var together = tree.Attend(width, chunkSize, 1, static _ => 0);
            Equal(together, tree.Attend(width, chunkSize, 2, static r => r));
            Equal(together, tree.Attend(width, chunkSize, 2, static r => r / 3));
            Equal(together, tree.Attend(width, chunkSize, 3, static r => r < 1 ? 0 : r < 18 ? 1 : 2));
            Close(tree.Expected(), together, 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void A_query_has_the_same_bits_alone_and_among_any_number_of_others(int width)
    {
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
                    Equal(alone[i], all[(i * 70)..((i + 1) * 70)]);
            }
        }

        float[] Run(int chunkSize, int first, int count)
        {
            var tree = new AttentionTree(site, 1);
            var leaf = tree.AddSegment(-1, keys, values);
            for (var i = first; i < first + count; i++)
                tree.AddRow(leaf, queries[(i * 20)..((i + 1) * 20)]);
            return tree.Attend(width, chunkSize, 1, static _ => 0);
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void A_prefill_masks_the_future_and_has_the_bits_of_one_step_per_token(int width)
    {
        const int Length = 133;
        var site = new CacheSite(1, 1, 16, 24);
        foreach (var window in (int[])[0, 1, 7, 40, 64])
        {
            var tree = Prompt(site, Length, window, Length);
            var all = tree.Attend(width, 32, 2, static r => r / 50);
            Close(tree.Expected(), all, 2e-6);
            Equal(all, tree.Attend(width, 32, 1, static r => r));

            // Token by token, with the later keys not yet written.
            foreach (var length in (int[])[1, 2, 31, 32, 33, 64, 100, 132])
            {
                var shorter = Prompt(site, Length, window, length);
                var last = shorter.Attend(width, 32, 1, static _ => 0);
                Equal(all[..(length * 48)], last);
            }
        }

        static AttentionTree Prompt(CacheSite site, int longest, int window, int length)
        {
            var random = new Random(11);
            float[] keys = random.Floats(longest * 16), values = random.Floats(longest * 24), queries = random.Floats(longest * 32);
            var tree = new AttentionTree(site, 2) { Shape = new(2, 1, 16, 24, 0.25f, window) };
            var leaf = tree.AddSegment(-1, keys[..(length * 16)], values[..(length * 24)]);
            for (var i = 0; i < length; i++)
                tree.AddRow(leaf, i, queries[(i * 32)..((i + 1) * 32)]);
            return tree;
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Without_causality_a_query_sees_the_keys_on_both_sides_of_it(int width)
    {
        var site = new CacheSite(1, 1, 17, 23);
        foreach (var (length, window) in (ReadOnlySpan<(int, int)>)[(1, 0), (31, 0), (133, 0), (133, 1), (133, 9), (133, 64)])
        {
            var random = new Random(length + window);
            var tree = new AttentionTree(site, 3) { Shape = new(3, 1, 17, 23, 0.25f, window, IsCausal: false) };
            var leaf = tree.AddSegment(-1, length, random);
            for (var i = 0; i < length; i++)
                tree.AddRow(leaf, i, random.Floats(3 * 17));
            var together = tree.Attend(width, 32, 2, static r => r / 50);
            Close(tree.Expected(), together, 2e-6);
            Equal(together, tree.Attend(width, 32, 1, static r => r));
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void A_sink_takes_its_part_of_every_softmax_and_bits_stay_independent_of_blocks(int width)
    {
        float[] sinks = [0, 3, -100, 40, 1e30f, float.NegativeInfinity];
        var tree = RandomTree(new CacheSite(1, 2, 48, 33), 6, 37, sinks);
        foreach (var chunkSize in (int[])[32, 96])
        {
            var together = tree.Attend(width, chunkSize, 1, static _ => 0);
            Close(tree.Expected(), together, 2e-6);
            Equal(together, tree.Attend(width, chunkSize, 2, static r => r));
            Equal(together, tree.Attend(width, chunkSize, 2, static r => r / 3));

            // A query that sees nothing but its sink has zeros.
            Assert.All(tree.Attend(width, chunkSize, 1, static _ => 0, default(Hide)), static value => Assert.Equal(0, value));
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Huge_scores_of_either_sign_give_no_NaN(int width)
    {
        var site = new CacheSite(1, 1, 8, 8);
        foreach (var shift in (float[])[-1000, 1000, 1e30f, -1e30f])
        {
            var random = new Random(5);
            var tree = new AttentionTree(site, 1);
            float[] keys = [.. random.Floats(100 * 8).Select(v => v + shift)];
            var leaf = tree.AddSegment(-1, keys, random.Floats(100 * 8));
            tree.AddRow(leaf, [.. Enumerable.Repeat(1f, 8)]);
            var result = tree.Attend(width, 32, 1, static _ => 0);
            Assert.All(result, static v => Assert.InRange(v, -1, 1));
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void A_score_function_sees_positions_and_heads_before_softmax(int width)
    {
        var tree = RandomTree(new CacheSite(1, 2, 20, 20), 4, 11);
        var expected = tree.Expected(static (s, key, query, head) => s - (0.25 * (head + 1) * (query - key)));
        Close(expected, tree.Attend(width, 64, 2, static r => r / 2, default(Distance)), 2e-6);
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void A_row_whose_keys_are_all_hidden_by_its_score_receives_zeros(int width)
    {
        var tree = RandomTree(new CacheSite(1, 1, 20, 20), 1, 5);
        Assert.All(tree.Attend(width, 32, 1, static _ => 0, default(Hide)), static v => Assert.Equal(0, v));
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void An_empty_node_on_the_path_changes_no_bit(int width)
    {
        // A first node that the window hides entirely from some rows, against a tree of which they never had it.
        var site = new CacheSite(1, 1, 16, 40);
        var random = new Random(21);
        float[] keys = random.Floats(96 * 16), values = random.Floats(96 * 40), queries = random.Floats(3 * 16);
        var tree = new AttentionTree(site, 1) { Shape = new(1, 1, 16, 40, 0.25f, 20) };
        var leaf = tree.AddSegment(-1, keys, values);
        tree.AddRow(leaf, 10, queries[..16]);
        tree.AddRow(leaf, 70, queries[16..32]);
        tree.AddRow(leaf, 95, queries[32..]);
        var together = tree.Attend(width, 32, 1, static _ => 0);
        Equal(together, tree.Attend(width, 32, 1, static r => r));
        Close(tree.Expected(), together, 2e-6);
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void A_masked_key_changes_no_bit_of_a_sum_that_underflowed_to_negative_zero(int width)
    {
        // The first node's factor underflows to 0 and leaves -0; so does the second node's first product.
        float[] keys = [-80, 0, 0], values = [-1e-20f, -0f, 1];
        Equal(Run(2)[..1], Run(3)[..1]);

        float[] Run(int written)
        {
            var tree = new AttentionTree(new CacheSite(1, 1, 1, 1), 1);
            var leaf = tree.AddSegment(tree.AddSegment(-1, [-200f], [-1f]), keys[..written], values[..written]);
            for (var position = 2; position <= written; position++)
                tree.AddRow(leaf, position, [1]);
            return tree.Attend(width, 32, 1, static _ => 0);
        }
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        var tree = RandomTree(new CacheSite(1, 2, 32, 32), 4, 9);
        using var prepared = tree.Prepare(Simd.Width, 64, 1, static r => r / 4);
        prepared.Run(default(PlainScore));
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 20; i++)
                prepared.Run(default(PlainScore));
        }));
    }

    [Fact]
    public void A_shape_that_differs_from_the_cache_s_is_refused()
    {
        var tree = new AttentionTree(new CacheSite(1, 1, 16, 16), 1) { Shape = new(1, 1, 16, 24, 1, 0) };
        tree.AddSegment(-1, [], []);
        using var prepared = tree.Prepare(Simd.Width, 64, 1, static _ => 0);
        Assert.Contains("does not fit cache site 0", Assert.Throws<ArgumentException>(() => prepared.Run(default(PlainScore))).Message);
    }

    internal static void Close(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"[{i}] is {actual[i]}, not {expected[i]}");
    }

    private static void Equal(float[] expected, float[] actual) =>
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));

    private static AttentionTree RandomTree(CacheSite site, int heads, int rows, float[]? sinks = null)
    {
        var random = new Random((site.KeySize * 100) + site.ValueSize);
        var tree = new AttentionTree(site, heads) { Sinks = sinks };
        for (var s = 0; s < 12; s++)
            tree.AddSegment(s == 0 ? -1 : random.Next(-1, s), random.Next(1, 150), random);
        for (var r = 0; r < rows; r++)
            tree.AddRow(random.Next(12), random.Floats(heads * site.KeySize));
        return tree;
    }

    private readonly struct Distance : IScore
    {
        public V Apply<V>(V score, V keyPosition, float queryPosition, int head)
            where V : unmanaged, ILanes<V>
            => score - (V.Broadcast(0.25f * (head + 1)) * (V.Broadcast(queryPosition) - keyPosition));
    }

    private readonly struct Hide : IScore
    {
        public V Apply<V>(V score, V keyPosition, float queryPosition, int head)
            where V : unmanaged, ILanes<V>
            => V.Broadcast(float.NegativeInfinity);
    }
}
