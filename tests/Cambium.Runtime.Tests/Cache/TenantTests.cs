using Cambium.Runtime.Cache;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Cache;

/// <summary>Isolation of tenants: with a quota, cache hits and evictions of a tenant do not depend on other tenants.</summary>
public class TenantTests
{
    private const int Own = 0;

    // An action: its tenant, a sequence over few distinct tokens, and whether it ends at once or keeps its chunks for a while.
    private static readonly Gen<(int Tenant, int[] Tokens, bool Stays)> OneAction = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2].Array[1, 14], Gen.Bool);

    [Fact]
    public void A_tenant_forgets_only_its_own_chunks()
    {
        using var tester = new TreeTester(pages: 8);
        var own = TreeTester.Key with { Tenant = "a" };
        var root = tester.Insert([1, 2, 3, 4]);
        Assert.True(tester.Tree.TryPin(root, int.MaxValue, publish: true, out var pin));
        tester.Tree.Release(root);
        tester.Tree.Release(tester.Insert([1, 2, 3, 4, 5, 6, 7, 8], key: own));
        // A chunk above the tenant's own is visible while it is published, and then it is in use.
        Assert.Equal(1, tester.Tree.Forget(own, [1, 2, 3, 4, 5, 6, 7, 8]));
        tester.Tree.Unpin(pin, published: true);
        Assert.Equal((0, 4), (tester.Tree.Forget(own, [1, 2, 3, 4]), tester.Tree.Probe(TreeTester.Key, [1, 2, 3, 4])));
        tester.Tree.CheckIntegrity();
    }

    [Fact]
    public void A_tenant_with_a_quota_is_isolated_from_other_tenants() =>
        Gen.Select(OneAction.Array[1, 60], OneAction.Array[60]).Sample(static (actions, others) =>
        {
            // The same actions of the tenant, among different actions of other tenants.
            var changed = actions.Select((action, i) => action.Tenant == Own ? action
                : (1 + (others[i].Tenant % 3), others[i].Tokens, others[i].Stays)).ToArray();
            Assert.Equal(Seen(actions), Seen(changed));
        });

    [Fact]
    public void Without_a_quota_other_tenants_evict_its_chunks()
    {
        // If another tenant fills the pool, the sequence is evicted. Otherwise it is still cached.
        (int, int[], bool)[] actions = [(2, [1, 1, 1, 1, 1], false), (1, [2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2], false),
            (1, [0, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2], false), (1, [1, 0, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2], false),
            (2, [1, 1, 1, 1, 1], false)];
        Assert.NotEqual(Seen(actions, 2), Seen([actions[0], actions[4]], 2));
    }

    [Fact]
    public void Private_nodes_continue_published_ones()
    {
        using var tester = new TreeTester(16);
        var (a, b) = (TreeTester.Key with { Tenant = "a" }, TreeTester.Key with { Tenant = "b" });
        int[] common = [1, 2, 3, 4, 5, 6, 7, 8];
        var root = tester.Insert([.. common, 9]);
        Assert.Equal(0, tester.Tree.Probe(a, common));
        Assert.True(tester.Tree.TryPin(root, int.MaxValue, publish: true, out var pin));
        tester.Tree.Release(root);
        tester.Tree.CheckIntegrity();
        Assert.Equal(8, tester.Tree.Probe(a, common));

        int[] mine = [.. common, 10, 11, 12, 13];
        var own = tester.Insert(mine, key: a);
        Assert.Equal(mine, tester.Read(own));
        Assert.Equal((12, 8), (tester.Tree.Probe(a, mine), tester.Tree.Probe(b, mine)));
        tester.Tree.Release(own);
        tester.Tree.Unpin(pin, published: true);
        tester.Tree.CheckIntegrity();

        // A tenant cannot publish chunks of another one, and a withdrawn chunk is visible only to its owner.
        Assert.Equal(0, tester.Tree.Probe(b, common));
        var other = tester.Insert(common, key: b);
        Assert.Throws<InvalidOperationException>(() => tester.Tree.TryPin(other, int.MaxValue, publish: true, out _));
        tester.Tree.Release(other);
        tester.Tree.CheckIntegrity();
    }

    [Fact]
    public void Tenants_without_chunks_are_removed()
    {
        using var tester = new TreeTester(4);
        for (var i = 0; i < 1000; i++)
            tester.Tree.Release(tester.Insert([1, 2, 3, 4, 5],
                key: TreeTester.Key with { Tenant = i.ToString(System.Globalization.CultureInfo.InvariantCulture) }));
        tester.Tree.CheckIntegrity();
        Assert.InRange(tester.Tree.Tenants, 1, 5);
    }

    [Fact]
    public void Quotas_that_reserve_all_pages_are_refused() =>
        Assert.Throws<ArgumentException>(static () => new TreeTester(4, new Dictionary<string, int> { ["a"] = 3, ["b"] = 1 }));

    /// <summary>Cache hits and evictions of one tenant after each action.</summary>
    private static List<(int Matched, bool Placed, int Cached, int Used)> Seen(IEnumerable<(int Tenant, int[] Tokens, bool Stays)> actions,
        int whose = Own)
    {
        using var tester = new TreeTester(12, new Dictionary<string, int> { ["0"] = 4 });
        var seen = new List<(int, bool, int, int)>();
        var staying = new Dictionary<int, Queue<NodeHandle>>();
        foreach (var (tenant, tokens, stays) in actions)
        {
            var key = TreeTester.Key with { Tenant = tenant.ToString(System.Globalization.CultureInfo.InvariantCulture) };
            var queue = staying.TryGetValue(tenant, out var known) ? known : staying[tenant] = new();
            while (queue.Count > 0 && (!stays || queue.Count > 1))
                tester.Tree.Release(queue.Dequeue());
            var (handle, matched) = tester.Match(tokens, key: key);
            var placed = tester.Place(ref handle, tokens.AsSpan(matched));
            tester.Compute(ref handle);
            if (stays)
                queue.Enqueue(handle);
            else
                tester.Tree.Release(handle);
            tester.Tree.CheckIntegrity();
            if (tenant == whose)
                seen.Add((matched, placed, tester.Tree.BudgetOf(key).Cached, tester.Tree.BudgetOf(key).Used));
        }

        return seen;
    }
}
