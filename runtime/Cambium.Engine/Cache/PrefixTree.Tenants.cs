using Cambium.Checkpoints;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Cache;

// Who sees which nodes, and whose pages they are.
public sealed partial class PrefixTree
{
    // The tenant without a name, whose published nodes all others see.
    private const int Public = 0;

    private readonly Dictionary<string, Tenant> _tenantsByName = new(StringComparer.Ordinal);
    private readonly List<Tenant?> _tenants = [];
    private readonly Stack<int> _freeTenants = [];
    private readonly Budget _common;

    /// <summary>Pages that a sequence of this namespace can have: free ones, and cached ones that would be given up for it.</summary>
    public int AvailablePages(in RootKey key) => BudgetOf(key).Available;

    /// <summary>Pages of this namespace's share of the pool.</summary>
    public int QuotaPages(in RootKey key) => BudgetOf(key).Quota;

    /// <summary>Tenants that have a quota, a node or a handle.</summary>
    public int Tenants => _tenantsByName.Count;

    internal Budget BudgetOf(in RootKey key) => _tenantsByName.TryGetValue(key.Tenant, out var tenant) ? tenant.Budget : _common;

    private Tenant TenantOf(string name)
    {
        if (_tenantsByName.TryGetValue(name, out var tenant))
            return tenant;
        return AddTenant(name, _common, isLasting: false);
    }

    private Tenant AddTenant(string name, Budget budget, bool isLasting)
    {
        if (!_freeTenants.TryPop(out var id))
        {
            id = _tenants.Count;
            _tenants.Add(null);
        }

        var tenant = new Tenant(id, name, budget, isLasting);
        _tenants[id] = tenant;
        _tenantsByName.Add(name, tenant);
        return tenant;
    }

    private void Leave(Tenant tenant)
    {
        if (--tenant.Uses == 0 && !tenant.IsLasting)
            Forget(tenant);
    }

    private void Forget(Tenant tenant)
    {
        _tenants[tenant.Id] = null;
        _tenantsByName.Remove(tenant.Name);
        _freeTenants.Push(tenant.Id);
    }

    // What a tenant finds below a node: what was published, then its own.
    private Node? FindVisible(Node parent, ReadOnlySpan<int> tokens, int tenant)
    {
        if (tenant != Public && FindFull(parent, tokens, Public, null) is { Published: > 0 } shared)
            return shared;
        return FindFull(parent, tokens, tenant, null);
    }
}
