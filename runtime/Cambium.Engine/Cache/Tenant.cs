namespace Cambium.Runtime.Cache;

/// <summary>The owner of nodes. Forgotten when it has none left, unless it has a quota.</summary>
internal sealed class Tenant(int id, string name, Budget budget, bool isLasting)
{
    public int Id { get; } = id;

    public string Name { get; } = name;

    public Budget Budget { get; } = budget;

    public bool IsLasting { get; } = isLasting;

    /// <summary>Its nodes and handles.</summary>
    public int Uses;
}
