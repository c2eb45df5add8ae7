namespace Cambium.Runtime.Cache;

// Who sees which nodes, and whose pages they are.
public sealed unsafe partial class PrefixTree
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

    /// <summary>Keeps the complete chunks of a path until the pin is released.</summary>
    /// <param name="at">A handle; the nodes of its path must be computed.</param>
    /// <param name="publish">Whether all tenants may read them; the path must be of the tenant without a name.</param>
    /// <param name="pin">A handle to the last complete chunk, to be given to <see cref="Unpin"/>.</param>
    /// <returns>Chunks kept; 0 if the path has no complete one, and there is no pin then.</returns>
    public int Pin(NodeHandle at, bool publish, out NodeHandle pin)
    {
        if (publish && at.Tenant != Public)
            throw new InvalidOperationException($"Nodes of tenant '{_tenants[at.Tenant]!.Name}' cannot be published; only those of requests without a tenant can.");
        pin = default;
        var node = At(at);
        while (node.Source == NodeSource.Tokens && node.Computed < ChunkSize)
            node = node.Parent!;
        if (node.Page < 0)
            return 0;
        var chunks = 0;
        for (var n = node; n.Page >= 0; n = n.Parent!)
        {
            chunks++;
            n.Published += publish ? 1 : 0;
        }

        Hold(node);
        _tenants[at.Tenant]!.Uses++;
        pin = new NodeHandle(node.Index, node.Version, at.Tenant);
        return chunks;
    }

    /// <summary>Ends a pin.</summary>
    public void Unpin(NodeHandle pin, bool published)
    {
        if (published)
        {
            for (var node = At(pin); node.Page >= 0; node = node.Parent!)
                node.Published--;
        }

        Release(pin);
    }

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
