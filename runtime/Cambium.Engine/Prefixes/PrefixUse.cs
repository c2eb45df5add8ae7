using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>A loaded prefix as a request names it: with the attribute values that it chooses.</summary>
public sealed class PrefixUse
{
    private readonly string _choices;

    internal PrefixUse(LoadedPrefix prefix, string choices, IReadOnlyList<NodeContent> contents) =>
        (Prefix, _choices, Contents) = (prefix, choices, contents);

    /// <summary>The prefix.</summary>
    public LoadedPrefix Prefix { get; }

    /// <summary>The nodes of the path, in their order.</summary>
    internal IReadOnlyList<NodeContent> Contents { get; }

    /// <summary>The name of the prefix, and the chosen values.</summary>
    public override string ToString() => _choices.Length == 0 ? Prefix.Name : $"{Prefix.Name}:{_choices}";

    /// <summary>The use of a prefix without attributes.</summary>
    /// <exception cref="InvalidOperationException">It has attributes, of which values are to be chosen.</exception>
    public static implicit operator PrefixUse(LoadedPrefix prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix.ToUse();
    }
}
