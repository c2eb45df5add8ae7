namespace Cambium.Runtime.Cache;

/// <summary>The tenants of a tree, by name and by number, and their budgets.</summary>
internal sealed class Tenants
{
    /// <summary>The tenant without a name, whose published nodes all others see.</summary>
    public const int Public = 0;

    private readonly Dictionary<string, Tenant> _byName = new(StringComparer.Ordinal);
    private readonly List<Tenant?> _byId = [];
    private readonly Stack<int> _freeIds = [];

    /// <param name="pages">Pages of the store.</param>
    /// <param name="quotas">Pages that are reserved for tenants; the others share the rest.</param>
    /// <exception cref="ArgumentException">The quotas leave no page for other tenants.</exception>
    public Tenants(int pages, IReadOnlyDictionary<string, int>? quotas)
    {
        var reserved = quotas?.Values.Sum(static quota => (long)quota) ?? 0;
        if (reserved >= pages)
            throw new ArgumentException($"Quotas of {reserved} chunks leave none of {pages} for others.", nameof(quotas));
        Common = new Budget(pages - (int)reserved);
        Add("", Common, isLasting: true);
        foreach (var (name, quota) in quotas ?? new Dictionary<string, int>())
            Add(name, new Budget(quota), isLasting: true);
    }

    /// <summary>The budget of tenants without a quota.</summary>
    public Budget Common { get; }

    /// <summary>Tenants that have a quota, a node or a handle.</summary>
    public int Count => _byName.Count;

    /// <summary>All budgets.</summary>
    public IEnumerable<Budget> Budgets => _byId.OfType<Tenant>().Select(static tenant => tenant.Budget).Distinct();

    public Tenant this[int id] => _byId[id]!;

    public Tenant? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The tenant of this name; a new one if there is none.</summary>
    /// <exception cref="ArgumentException">The name cannot be saved: it is not valid Unicode or too long.</exception>
    public Tenant Get(string name) => Find(name) ?? Add(name, Common, isLasting: false);

    public Budget BudgetOf(string name) => Find(name)?.Budget ?? Common;

    /// <summary>A node or handle of the tenant ends.</summary>
    public void Leave(Tenant tenant)
    {
        tenant.Uses--;
        ForgetUnused(tenant);
    }

    /// <summary>Forgets a tenant without nodes, handles and quota.</summary>
    public void ForgetUnused(Tenant tenant)
    {
        if (tenant.Uses > 0 || tenant.IsLasting)
            return;
        _byId[tenant.Id] = null;
        _byName.Remove(tenant.Name);
        _freeIds.Push(tenant.Id);
    }

    private Tenant Add(string name, Budget budget, bool isLasting)
    {
        StoredName.Require(name, "The name of a tenant");
        if (!_freeIds.TryPop(out var id))
        {
            id = _byId.Count;
            _byId.Add(null);
        }

        var tenant = new Tenant(id, name, budget, isLasting);
        _byId[id] = tenant;
        _byName.Add(name, tenant);
        return tenant;
    }
}
