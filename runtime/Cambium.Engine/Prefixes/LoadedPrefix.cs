using Cambium.Runtime.Cache;
using Cambium.Runtime.Prefixes;

namespace Cambium.Runtime;

/// <summary>
/// A learned prefix in the memory of an engine: one copy for all requests and tenants, outside the pool. It stays until it is disposed or the engine
/// is. Members may be called from any thread.
/// </summary>
public class LoadedPrefix : IAsyncDisposable
{
    private readonly PrefixRegistry _registry;
    private readonly LoadedParts _parts;

    internal LoadedPrefix(PrefixRegistry registry, Prefix prefix, LoadedParts parts)
    {
        (_registry, _parts) = (registry, parts);
        (Name, Method, Warnings) = (prefix.Name, prefix.Method, prefix.Warnings);
        Common = new PrefixUse(this, "", parts.Common);
    }

    /// <summary>For people: in messages, in dumps of the tree, in metrics.</summary>
    public string Name { get; }

    /// <summary>How it was trained.</summary>
    public string Method { get; }

    /// <summary>What its files have and the reader passed over, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The attributes, and the values that a request can choose; empty for a prefix without attributes.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Attributes => _parts.Attributes.ToDictionary(
        static attribute => attribute.Name, static attribute => (IReadOnlyList<string>)[.. attribute.Values.Select(static value => value.Name)]);

    /// <summary>The parts that do not belong to an attribute.</summary>
    public PrefixUse Common { get; }

    /// <summary>The prefix with one value of an attribute.</summary>
    /// <param name="choice">A value, such as <c>happy</c>, or <c>mood=happy</c>. Case does not matter.</param>
    /// <exception cref="ArgumentException">It has no such value, or several attributes have it; the message names those that exist.</exception>
    public PrefixUse this[string choice] => With(choice);

    /// <summary>The prefix with values of several attributes. They stand on the path in the order of the file.</summary>
    /// <param name="choices">Values, such as <c>happy</c>, or <c>mood=happy</c>. Case does not matter.</param>
    /// <exception cref="ArgumentException">A value does not exist, or is of an attribute that has been chosen.</exception>
    public PrefixUse With(params ReadOnlySpan<string> choices)
    {
        var chosen = new SortedDictionary<int, LoadedValue>();
        foreach (var choice in choices)
        {
            ArgumentNullException.ThrowIfNull(choice, nameof(choices));
            var (attribute, value) = _parts.Find(Name, choice);
            if (!chosen.TryAdd(attribute, value))
                throw new ArgumentException($"Two values of '{_parts.Attributes[attribute].Name}' are chosen: {value.Name} is the second.");
        }

        return chosen.Count == 0 ? Common : new PrefixUse(
            this,
            string.Join(',', chosen.Select(pair => $"{_parts.Attributes[pair.Key].Name}={pair.Value.Name}")),
            [.. _parts.Common, .. chosen.Values.SelectMany(static value => value.Contents)]);
    }

    /// <summary>All contents, each once.</summary>
    internal IEnumerable<NodeContent> Contents => _parts.Common
        .Concat(_parts.Attributes.SelectMany(static attribute => attribute.Values).SelectMany(static value => value.Contents)).Distinct();

    /// <summary>Requests that wait or run with it. Changed by the loop only.</summary>
    internal int Users { get; set; }

    /// <summary>Completes when it has been unloaded; null before <see cref="DisposeAsync"/>.</summary>
    internal TaskCompletionSource? Unloading { get; set; }

    /// <summary>
    /// Unloads it: new requests that name it are refused, those that wait or run are answered, then its memory is freed and the chunks below it leave
    /// the cache. Completes when that is done.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _registry.UnloadAsync(this).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>The name and method.</summary>
    public override string ToString() => $"{Name} ({Method})";

    internal bool BelongsTo(PrefixRegistry registry) => ReferenceEquals(registry, _registry);

    internal PrefixUse ToUse() => _parts.Attributes.Count == 0 ? Common : throw new InvalidOperationException(
        $"'{Name}' has the attributes {_parts}; choose a value: prefix[\"{_parts.Attributes[0].Values[0].Name}\"], or prefix.Common for none.");
}

/// <summary>A prefix with an attribute whose values are those of an enum.</summary>
/// <typeparam name="TAttribute">Its names are values of the attribute; case does not matter.</typeparam>
public sealed class LoadedPrefix<TAttribute> : LoadedPrefix
    where TAttribute : struct, Enum
{
    private readonly string _attribute;

    internal LoadedPrefix(PrefixRegistry registry, Prefix prefix, LoadedParts parts, string attribute)
        : base(registry, prefix, parts) => _attribute = attribute;

    /// <summary>The prefix with a value of the attribute.</summary>
    /// <exception cref="ArgumentException">The number is not a value of the enum.</exception>
    public PrefixUse this[TAttribute value] => With($"{_attribute}={value}");
}
