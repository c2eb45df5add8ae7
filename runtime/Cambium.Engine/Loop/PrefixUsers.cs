namespace Cambium.Runtime;

/// <summary>Counts the requests that wait or run with a prefix.</summary>
internal static class PrefixUsers
{
    /// <summary>Checks that prefixes are loaded into this engine.</summary>
    /// <exception cref="RequestRefusedException">One of them is not.</exception>
    public static void Require(IReadOnlyList<PrefixUse> prefixes, PrefixRegistry registry)
    {
        for (var i = 0; i < prefixes.Count; i++)
        {
            if (prefixes[i] is null)
                throw new RequestRefusedException($"Prefixes[{i}] is null; leave it out.");
            if (!prefixes[i].Prefix.BelongsTo(registry))
                throw new RequestRefusedException($"The prefix '{prefixes[i].Prefix.Name}' was loaded by another engine; load it by this one.");
        }
    }

    /// <summary>A request with these prefixes is added to the loop.</summary>
    /// <exception cref="RequestRefusedException">One of them is being unloaded.</exception>
    public static void Enter(IReadOnlyList<PrefixUse> prefixes)
    {
        foreach (var use in prefixes)
        {
            if (use.Prefix.Unloading is not null)
                throw new RequestRefusedException($"The prefix '{use.Prefix.Name}' has been unloaded; load it again.");
        }

        foreach (var use in prefixes)
            use.Prefix.Users++;
    }

    /// <summary>A request with these prefixes has left the loop.</summary>
    /// <returns>Those that are to be unloaded now.</returns>
    public static IEnumerable<LoadedPrefix> Leave(IReadOnlyList<PrefixUse> prefixes)
    {
        foreach (var use in prefixes)
        {
            if (--use.Prefix.Users == 0 && use.Prefix.Unloading is not null)
                yield return use.Prefix;
        }
    }
}
