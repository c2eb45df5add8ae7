using Cambium.Runtime.Cache;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Steps;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Scheduling;

public sealed class PlannerTests : IDisposable
{
    private const int ChunkSize = 4;

    private static readonly RootKey Key = new("", "", "");

    private readonly PrefixTree _tree = new(new CpuChunkStore(new KvLayout([new CacheSite(1, 1, 2, 2)], ChunkSize, 2), 200));
    private readonly StepBatch _batch = new(64, 8);
    private readonly Planner _planner;

    public PlannerTests()
        : this(new AttentionCost(1, 1, 0, 1))
    {
    }

    private PlannerTests(IAttentionCost cost) => _planner = new Planner(_tree, cost, 64, 4);

    private AttentionPlan Plan => _planner.Plan;

    [Fact]
    public void Rows_under_a_shared_node_are_adjacent_and_fold_it_once()
    {
        var (a, b, c) = (Insert(0, 8, 100), Insert(1, 0, 50), Insert(2, 8, 200));
        var rows = Place(ref a, 0, [1]) + Place(ref b, 1, [2]) + Place(ref c, 2, [3]);
        Describe(rows, twoPhase: null, threshold: 8);
        Assert.Equal([0, 2, 1], _planner.OwnerOfRow.ToArray());
        Assert.Equal(2, Plan.Blocks.Count);
        Assert.Equal((0, 2), (Plan.Blocks.Begin[0], Plan.Blocks.End[0]));
        Assert.Equal(1, _planner.Counters.SharedBlocks);
        // a and c read two shared chunks and one chunk each: four, and six without sharing. b reads one chunk in both cases.
        Assert.Equal((4 + 1, 6 + 1), (_planner.Counters.ChunkReads, _planner.Counters.ChunkReadsUnshared));
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    public void Rows_that_share_few_keys_are_folded_separately(int threshold, int blocks)
    {
        var (a, b) = (Insert(0, 8, 100), Insert(1, 8, 200));
        Describe(Place(ref a, 0, [1]) + Place(ref b, 1, [2]), null, threshold);
        Assert.Equal(blocks, Plan.Blocks.Count);
    }

    [Fact]
    public void Two_phase_can_be_forced_on_or_off()
    {
        var (a, b) = (Insert(0, 8, 100), Insert(1, 8, 200));
        var c = Insert(2, 0, 300);
        var rows = Place(ref a, 0, [1]) + Place(ref b, 1, [2]) + Place(ref c, 2, [3, 4]);
        Describe(rows, twoPhase: false);
        Assert.Equal(3, Plan.Blocks.Count);
        Describe(rows, twoPhase: true);
        Assert.Equal(1, Plan.Blocks.Count);
        Assert.Equal(2, _planner.Counters.Built);
    }

    [Theory]
    // Long shared prefixes; long own suffixes, for which one more block is faster; many heads, which keep both threads busy; and GQA, where the
    // queries of a group read a key together anyway.
    [InlineData(40, 4, 1, 1, true)]
    [InlineData(4, 40, 1, 1, false)]
    [InlineData(20, 20, 8, 1, true)]
    [InlineData(20, 20, 1, 8, false)]
    [InlineData(0, 20, 8, 1, false)]
    public void Rows_are_folded_together_if_the_cost_model_says_so(int shared, int own, int heads, int queries, bool isShared)
    {
        var cost = new AttentionCost(heads, queries, bytesPerKey: 1 << 16, threads: 2);
        using var test = new PlannerTests(cost);
        var rows = 0;
        for (var i = 0; i < 4; i++)
        {
            var handle = test.Insert(i, shared, 100 + i);
            for (var token = 0; token < own; token++)
            {
                test.Place(ref handle, i, [200 + (100 * i) + token]);
                test._tree.Commit(ref handle);
            }

            rows += test.Place(ref handle, i, [1]);
        }

        test._planner.Describe(test._batch, rows, new(null, 4, 64));
        test.Verify();
        Assert.Equal(isShared, test._planner.SharedBlocks > 0);
        Assert.Equal(isShared, test.Plan.Unshared is not null);
        Assert.InRange(test._planner.EstimatedSaving, isShared ? cost.LeastSaving : 0, isShared ? 0.9 : 0);
    }

    [Fact]
    public void Narrower_keys_are_expected_to_save_less_time()
    {
        var savings = Enum.GetValues<KvStorage>().Select(static storage =>
        {
            using var test = new PlannerTests(new AttentionCost(1, 1, storage.TokenBytes(64, 64), 1, storage));
            var rows = 0;
            for (var i = 0; i < 4; i++)
            {
                var handle = test.Insert(i, 64, 100 + i);
                rows += test.Place(ref handle, i, [1]);
            }

            test._planner.Describe(test._batch, rows, new(null, 4, 64));
            return test._planner.EstimatedSaving;
        }).ToArray();
        Assert.True(savings[0] > savings[1] && savings[1] > savings[2], string.Join(' ', savings));
    }

    [Fact]
    public void A_plan_is_kept_while_answers_stay_in_their_chunks()
    {
        var (a, b) = (Insert(0, 4, 100), Insert(1, 4, 200));
        for (var i = 0; i < 8; i++)
        {
            Describe(Place(ref a, 0, [10 + i]) + Place(ref b, 1, [20 + i]), null);
            Assert.Equal([10 + i, 20 + i], _batch.Tokens[..2].ToArray());
            Assert.Equal([5 + i, 5 + i], _batch.Positions[..2].ToArray());
            Verify();
            _tree.Commit(ref a);
            _tree.Commit(ref b);
        }

        // Each second chunk already has one token: three steps fill it, four steps fill the next one, and one step starts another.
        Assert.Equal((3, 5), (_planner.Counters.Built, _planner.Counters.Reused));
    }

    [Fact]
    public void Prompt_rows_belong_to_the_nodes_of_their_chunks()
    {
        var a = Insert(0, 0, 7);
        var rows = Place(ref a, 0, [.. Enumerable.Range(1, 10)]);
        Describe(rows, null);
        Assert.Equal([0, 1, 2, 3, 0, 1, 2], _batch.SlotOfRow[3..10].ToArray());
        Assert.Equal(3, Plan.NodeCount);
        Assert.Equal([(0, 10), (3, 10), (7, 10)], Enumerable.Range(0, 3).Select(n => (Plan.RowBegin[n], Plan.RowEnd[n])));
        Verify();
    }

    [Fact]
    public void A_plan_visits_the_nodes_on_the_path_of_each_row() =>
        Gen.Select(Gen.Int[0, 5].Array[1, 10], Gen.Int[1, 7].Array[10], Gen.Int[0, 2], Gen.Int[0, 12], Gen.Int[1, 9]).Sample(
            (kinds, counts, mode, threshold, block) =>
            {
                using var test = new PlannerTests(new AttentionCost(1, 1, 0, 1 + (threshold % 3)));
                var handles = new NodeHandle[kinds.Length];
                for (var i = 0; i < kinds.Length; i++)
                    handles[i] = test.Insert(i, kinds[i] * 3, 100 + (kinds[i] * 10) + (i % 3));
                var rows = 0;
                for (var i = 0; i < kinds.Length; i++)
                    rows += i % 4 == 3 ? 0 : test.Place(ref handles[i], i, [.. Enumerable.Range(i * 10, counts[i])]);
                if (rows == 0)
                    return;
                test._planner.Describe(test._batch, rows, new(mode == 0 ? null : mode == 1, threshold, block));
                test.Verify();
                foreach (var n in Enumerable.Range(0, test.Plan.Blocks.Count))
                    Assert.InRange(test.Plan.Blocks.End[n] - test.Plan.Blocks.Begin[n], 1, block);
            },
            iter: 200, threads: 1);

    public void Dispose() => _tree.Dispose();

    // A computed sequence: shared tokens 0, 1, 2, ..., then one token of its own.
    private NodeHandle Insert(int owner, int shared, int own)
    {
        int[] tokens = [.. Enumerable.Range(0, shared), own];
        var handle = _tree.Enter(Key);
        var done = _tree.Follow(ref handle, tokens);
        done += _tree.Join(ref handle, tokens.AsSpan(done), owner, out _);
        Place(ref handle, owner, tokens[done..]);
        _tree.Commit(ref handle);
        return handle;
    }

    private int Place(ref NodeHandle handle, int owner, int[] tokens)
    {
        for (var placed = 0; placed < tokens.Length;)
            placed += _tree.Append(ref handle, tokens.AsSpan(placed), tokens.Length, owner);
        return tokens.Length;
    }

    private void Describe(int rows, bool? twoPhase, int threshold = 1) => _planner.Describe(_batch, rows, new(twoPhase, threshold, 64));

    // The naive reference: the path of each row, found by following parents from the chunk that the row is written to.
    private void Verify()
    {
        var chunks = new Dictionary<int, Node>();
        for (var i = 0; i < _tree.Pages + 16; i++)
        {
            if (_tree.Node(i) is { Alive: true, Page: >= 0 } node)
                chunks.Add(node.Page, node);
        }

        Assert.Equal(0, Plan.Blocks.Begin[0]);
        Assert.Equal(_planner.Rows, Plan.Blocks.End[Plan.Blocks.Count - 1]);
        for (var block = 0; block < Plan.Blocks.Count; block++)
        {
            if (block > 0)
                Assert.Equal(Plan.Blocks.End[block - 1], Plan.Blocks.Begin[block]);
            var listed = Plan.Blocks.Nodes[Plan.Blocks.NodeBegin[block]..Plan.Blocks.NodeBegin[block + 1]].ToArray();
            Assert.Equal(listed.Order().Distinct(), listed);
            foreach (var n in listed)
                Assert.True(Plan.RowBegin[n] < Plan.Blocks.End[block] && Plan.RowEnd[n] > Plan.Blocks.Begin[block],
                    "A block lists a node that none of its rows is below.");
            for (var row = Plan.Blocks.Begin[block]; row < Plan.Blocks.End[block]; row++)
            {
                var path = new List<Node>();
                for (var node = chunks[_batch.PageOfRow[row]]; node.Page >= 0; node = node.Parent!)
                    path.Insert(0, node);
                var planned = listed.Where(n => Plan.RowBegin[n] <= row && row < Plan.RowEnd[n]).ToArray();
                Assert.Equal(path.Select(static n => n.Page), planned.Select(n => Plan.Page[n]));
                Assert.Equal(path.Select(n => (n.Scheduled, n.FirstPosition)), planned.Select(n => (Plan.Count[n], Plan.FirstPosition[n])));
                Assert.Equal(path[^1].FirstPosition + _batch.SlotOfRow[row], _batch.Positions[row]);
                Assert.Equal(_tree.TokensOf(path[^1])[_batch.SlotOfRow[row]], _batch.Tokens[row]);
                Assert.Equal(path[^1].Owner, _planner.OwnerOfRow[row]);
            }
        }
    }
}
