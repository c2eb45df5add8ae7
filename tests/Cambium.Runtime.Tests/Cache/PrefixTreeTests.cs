using Cambium.Runtime.Cache;
using Cambium.Runtime.Steps;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cache;

public sealed class PrefixTreeTests : IDisposable
{
    private readonly TreeTester _tester = new(pages: 12);

    private PrefixTree Tree => _tester.Tree;

    [Fact]
    public void Equal_whole_chunks_are_stored_once()
    {
        _tester.Insert([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        var (second, matched) = _tester.Match([1, 2, 3, 4, 5, 6, 7, 8, 20], owner: 1);
        Assert.Equal(8, matched);
        Assert.Equal(3, Tree.PagesInUse);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], _tester.Read(second));
        Tree.CheckIntegrity();
    }

    [Fact]
    public void A_partial_match_copies_the_matching_part_of_a_chunk()
    {
        var first = _tester.Insert([1, 2, 3, 4, 5, 6, 7]);
        var (second, matched) = _tester.Match([1, 2, 3, 4, 5, 6, 20, 21, 22], owner: 1);
        Assert.Equal(6, matched);
        Assert.Equal([1, 2, 3, 4, 5, 6], _tester.Read(second));
        Assert.Equal(3, Tree.PagesInUse);

        // The copy grows independently, with the same chunk boundaries.
        Assert.True(_tester.Place(ref second, [20, 21, 22], owner: 1));
        _tester.Compute(ref second);
        Assert.Equal([1, 2, 3, 4, 5, 6, 20, 21, 22], _tester.Read(second));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], _tester.Read(first));
        Assert.Equal(8, Tree.At(second).FirstPosition);
        Tree.CheckIntegrity();
    }

    [Fact]
    public void An_unused_partial_leaf_is_adopted_instead_of_copied()
    {
        Tree.Release(_tester.Insert([1, 2, 3, 4, 5, 6]));
        var (second, matched) = _tester.Match([1, 2, 3, 4, 5, 6, 7], owner: 3);
        Assert.Equal(6, matched);
        Assert.Equal((2, 0), (Tree.PagesInUse, Tree.CachedPages));
        Assert.True(_tester.Place(ref second, [7], owner: 3));
        Tree.CheckIntegrity();
    }

    [Fact]
    public void Namespaces_share_nothing()
    {
        _tester.Insert([1, 2, 3, 4, 5]);
        foreach (var other in (RootKey[])[TreeTester.Key with { Tenant = "b" }, TreeTester.Key with { Program = "b" },
            TreeTester.Key with { Checkpoint = "b" }])
        {
            var (handle, matched) = _tester.Match([1, 2, 3, 4, 5], key: other);
            Assert.Equal(0, matched);
            Tree.Release(handle);
        }

        Assert.Equal(5, _tester.Match([1, 2, 3, 4, 5], owner: 1).Matched);
    }

    [Fact]
    public void Eviction_is_LRU_with_children_before_parents()
    {
        var a = _tester.Insert([1, 2, 3, 4, 5, 6, 7, 8]);
        var b = _tester.Insert([11, 12, 13, 14], owner: 1);
        Tree.Release(a);
        Tree.Release(b);
        // Another use of a's first chunk makes it the most recent. Its second chunk stays the least recently used.
        Tree.Release(_tester.Match([1, 2, 3, 4]).Handle);

        Assert.True(Tree.EvictOne());
        Assert.Equal(4, MatchedOf([1, 2, 3, 4, 5, 6, 7, 8]));
        Assert.True(Tree.EvictOne());
        Assert.Equal(0, MatchedOf([11, 12, 13, 14]));
        Assert.True(Tree.EvictOne());
        Assert.False(Tree.EvictOne());
        Assert.Equal(12, Tree.FreePages);
        Tree.CheckIntegrity();
    }

    [Fact]
    public void Chunks_in_use_are_never_evicted()
    {
        var a = _tester.Insert([1, 2, 3, 4, 5, 6]);
        Assert.False(Tree.EvictOne());
        Tree.Release(_tester.Insert([1, 2, 3, 4, 9], owner: 1));
        Assert.True(Tree.EvictOne());
        Assert.False(Tree.EvictOne());
        Assert.Equal([1, 2, 3, 4, 5, 6], _tester.Read(a));
    }

    [Fact]
    public void A_full_pool_evicts_only_cached_chunks()
    {
        Tree.Release(_tester.Insert([.. Enumerable.Range(100, 48)]));
        Assert.Equal((0, 12), (Tree.FreePages, Tree.CachedPages));
        var handle = Tree.Enter(TreeTester.Key);
        Assert.True(_tester.Place(ref handle, [.. Enumerable.Range(0, 48)]));
        Assert.Equal(12, Tree.Evictions);
        Assert.Equal(0, Tree.Append(ref handle, [1], 1, 0));
        Tree.CheckIntegrity();
    }

    [Fact]
    public void A_copy_does_not_evict_its_source()
    {
        // The pool is full, and its only cached leaf is the source of the copy: no page can be taken, and the leaf stays.
        Tree.Release(_tester.Insert([1, 2, 3]));
        var other = _tester.Insert([.. Enumerable.Range(100, 44)], owner: 1);
        Assert.Equal((0, 1), (Tree.FreePages, Tree.CachedPages));
        var (handle, matched) = _tester.Match([1, 2, 9], owner: 2);
        Assert.Equal(0, matched);
        Tree.Release(handle);
        Assert.Equal(3, MatchedOf([1, 2, 3]));
        Tree.Release(other);
        Tree.CheckIntegrity();
    }

    [Fact]
    public void A_sequence_waits_for_one_that_computes_the_same_tokens()
    {
        var first = Tree.Enter(TreeTester.Key);
        // Three tokens of a chunk are computed. The fourth one is computed in the next step.
        Assert.Equal(1, Tree.Append(ref first, [1, 2, 3], 1, owner: 0));

        var second = Tree.Enter(TreeTester.Key);
        Assert.Equal(0, Tree.Join(ref second, [1, 2, 9], owner: 1, out var pending));
        Assert.True(pending);
        Assert.Equal(0, Tree.Join(ref second, [7, 2, 9], owner: 1, out pending));
        Assert.False(pending);

        // The writer stops: its pending tokens are removed.
        Tree.Release(first);
        Assert.Equal(0, Tree.Join(ref second, [1, 2, 9], owner: 1, out pending));
        Assert.False(pending);
        Assert.Equal(12, Tree.FreePages);
        Tree.CheckIntegrity();
    }

    [Fact]
    public void A_chunk_is_shared_within_the_step_that_completes_it()
    {
        var first = Tree.Enter(TreeTester.Key);
        Assert.True(_tester.Place(ref first, [1, 2, 3, 4, 5]));
        var second = Tree.Enter(TreeTester.Key);
        Assert.Equal(4, Tree.Follow(ref second, [1, 2, 3, 4, 6]));
        Assert.True(_tester.Place(ref second, [6], owner: 1));
        _tester.Compute(ref first);
        _tester.Compute(ref second);
        Assert.Equal([1, 2, 3, 4, 6], _tester.Read(second));
        Assert.Equal(3, Tree.PagesInUse);
    }

    [Fact]
    public void Equal_chunks_of_two_sequences_are_merged()
    {
        var first = Tree.Enter(TreeTester.Key);
        var second = Tree.Enter(TreeTester.Key);
        int[] tokens = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        Assert.True(_tester.Place(ref first, tokens, owner: 0));
        Assert.True(_tester.Place(ref second, tokens, owner: 1));
        Assert.Equal(6, Tree.PagesInUse);
        _tester.Compute(ref first);
        _tester.Compute(ref second);
        Assert.Equal(4, Tree.PagesInUse);
        Assert.Equal(tokens, _tester.Read(second));
        Tree.CheckIntegrity();

        // The same for growing answers, chunk by chunk: the last chunks are merged when they are full.
        Assert.True(_tester.Place(ref first, [10, 11, 12], owner: 0));
        Assert.True(_tester.Place(ref second, [10, 11, 12], owner: 1));
        _tester.Compute(ref first);
        _tester.Compute(ref second);
        Assert.Equal(3, Tree.PagesInUse);
        Assert.Equal(first, second);
        Tree.CheckIntegrity();
    }

    [Fact]
    public void Tokens_placed_for_an_abandoned_step_are_removed()
    {
        var handle = _tester.Insert([1, 2, 3]);
        Assert.True(_tester.Place(ref handle, [4, 5, 6]));
        Tree.Release(handle);
        Tree.CheckIntegrity();
        Assert.Equal(3, MatchedOf([1, 2, 3, 4, 5, 6]));
        Assert.Equal(1, Tree.CachedPages);
    }

    [Fact]
    public void A_pin_keeps_whole_chunks_and_can_be_forked_and_rewound()
    {
        var sequence = _tester.Insert([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.True(Tree.TryPin(sequence, int.MaxValue, publish: false, out var pin));
        Tree.Release(sequence);
        Assert.Equal((2, 1), (Tree.PagesInUse, Tree.CachedPages));
        Assert.True(Tree.TryPin(pin, 7, publish: false, out var rewound));
        Assert.Equal((8, 4), (Tree.LengthOf(pin).Tokens, Tree.LengthOf(rewound).Tokens));
        Assert.False(Tree.TryPin(pin, 3, publish: false, out _));
        Tree.CheckIntegrity();

        // Pinned chunks stay under cache pressure.
        while (Tree.EvictOne())
        {
        }

        Assert.Equal(8, MatchedOf([1, 2, 3, 4, 5, 6, 7, 8, 9]));
        Tree.Unpin(pin, published: false);
        Tree.CheckIntegrity();
        Assert.Equal((1, 1), (Tree.PagesInUse, Tree.CachedPages));
        Tree.Unpin(rewound, published: false);
        Assert.Equal((0, 2), (Tree.PagesInUse, Tree.CachedPages));
        Tree.CheckIntegrity();
    }

    [Fact]
    public void Forgetting_keeps_nodes_that_others_use_or_continue()
    {
        Tree.Release(_tester.Insert([1, 2, 3, 4, 5, 6, 7, 8, 9]));
        Tree.Release(_tester.Insert([1, 2, 3, 4, 5, 6, 7, 8, 10, 11]));
        Assert.Equal(1, Tree.Forget(TreeTester.Key, [1, 2, 3, 4, 5, 6, 7, 8, 9]));
        Assert.Equal(10, MatchedOf([1, 2, 3, 4, 5, 6, 7, 8, 10, 11]));
        Assert.Equal(0, Tree.Forget(TreeTester.Key with { Tenant = "other" }, [1, 2, 3, 4]));

        var used = _tester.Match([1, 2, 3, 4]).Handle;
        Assert.Equal(2, Tree.Forget(TreeTester.Key, [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]));
        Assert.Equal(4, MatchedOf([1, 2, 3, 4, 5, 6, 7, 8]));
        Tree.Release(used);
        Assert.Equal(1, Tree.Forget(TreeTester.Key, [1, 2, 3, 4, 5]));
        Assert.Equal(Tree.Pages, Tree.FreePages);
        Tree.CheckIntegrity();
    }

    [Fact]
    public void Chunks_of_low_priority_are_evicted_first()
    {
        Tree.Release(_tester.Insert([1, 2, 3, 4]), priority: 1);
        Tree.Release(_tester.Insert([2, 2, 3, 4]), priority: 0);
        Tree.Release(_tester.Insert([3, 2, 3, 4]), priority: -1);
        // A later reader without a priority does not change it.
        Tree.Release(_tester.Match([1, 2, 3, 4]).Handle, priority: -5);
        Tree.Release(_tester.Match([3, 2, 3, 4]).Handle, priority: -1);
        foreach (var first in (int[])[3, 2, 1])
        {
            Assert.Equal(4, Tree.Probe(TreeTester.Key, [first, 2, 3, 4]));
            Assert.True(Tree.EvictOne());
            Assert.Equal(0, Tree.Probe(TreeTester.Key, [first, 2, 3, 4]));
        }

        Tree.CheckIntegrity();
    }

    [Fact]
    public void Chunk_boundaries_count_from_the_last_given_prefix()
    {
        var handle = Tree.Enter(TreeTester.Key);
        var prefix = new NodeContent(NodeKind.Rows, "digest", Number: 0, Keys: 3, Positions: 3, "prefix");
        Tree.Attach(ref handle, prefix);
        Assert.Equal(0, Tree.PagesInUse);
        Assert.True(_tester.Place(ref handle, [1, 2, 3, 4, 5]));
        _tester.Compute(ref handle);
        Assert.Equal(7, Tree.At(handle).FirstPosition);
        Assert.Equal(new PathLength(Keys: 8, Tokens: 5, Positions: 8), Tree.LengthOf(handle));

        var second = Tree.Enter(TreeTester.Key);
        Assert.Equal(0, Tree.Follow(ref second, [1, 2, 3, 4]));
        Tree.Attach(ref second, prefix);
        Assert.Equal(4, Tree.Follow(ref second, [1, 2, 3, 4]));

        // Keys without positions are visible to the first token.
        var third = Tree.Enter(TreeTester.Key);
        Tree.Attach(ref third, prefix with { Identity = "other", Positions = 0 });
        Assert.Equal(-3, Tree.At(third).FirstPosition);
        Assert.True(_tester.Place(ref third, [1], owner: 2));
        Assert.Equal(0, Tree.At(third).FirstPosition);
        Assert.Equal(new PathLength(Keys: 4, Tokens: 1, Positions: 1), Tree.LengthOf(third));
        _tester.Compute(ref third);
        Tree.CheckIntegrity();
    }

    [Fact]
    public void A_handle_of_a_removed_node_is_refused()
    {
        var handle = _tester.Insert([1, 2, 3]);
        Tree.Release(handle);
        Assert.True(Tree.EvictOne());
        Assert.Throws<InvalidOperationException>(() => Tree.Follow(ref handle, [1]));
        _tester.Insert([7]);
        Assert.Throws<InvalidOperationException>(() => Tree.Release(handle));
    }

    [Fact]
    public void Only_the_writer_of_a_chunk_may_add_to_it()
    {
        var handle = _tester.Insert([1, 2, 3], owner: 4);
        var e = Assert.Throws<InvalidOperationException>(() => Tree.Append(ref handle, [5], 1, owner: 2));
        Assert.Contains("place 4 writes", e.Message);
    }

    [Fact]
    public void A_leaf_that_another_chunk_begins_with_is_dropped()
    {
        var longer = _tester.Insert([1, 2, 3, 4, 5, 6, 7]);
        var (shorter, _) = _tester.Match([1, 2, 3, 4, 5, 6], owner: 1);
        Assert.Equal(3, Tree.PagesInUse);
        Tree.Release(shorter);
        Assert.Equal(0, Tree.CachedPages);
        Tree.Release(longer);
        Tree.CheckIntegrity();
    }

    [Fact]
    public void The_integrity_check_names_the_numbers_that_differ()
    {
        var handle = _tester.Insert([1, 2, 3]);
        Tree.At(handle).Users++;
        Assert.Contains("counts 1 users and has 2", Assert.Throws<InvalidOperationException>(Tree.CheckIntegrity).Message);
        Tree.At(handle).Users--;
        Tree.CheckIntegrity();
    }

    public void Dispose() => _tester.Dispose();

    private int MatchedOf(int[] tokens)
    {
        var (handle, matched) = _tester.Match(tokens, owner: 99);
        Tree.Release(handle);
        return matched;
    }
}
