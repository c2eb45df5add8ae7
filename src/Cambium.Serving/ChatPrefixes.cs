using Cambium.Runtime;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>Learned prefixes of a chat call.</summary>
public static class ChatPrefixes
{
    /// <summary>The key in <see cref="ChatOptions.AdditionalProperties"/>.</summary>
    public const string Key = "prefixes";

    /// <summary>Options of a call that stands on learned prefixes.</summary>
    /// <param name="options">The other options.</param>
    /// <param name="prefixes">In the order of the path; they replace those of the options.</param>
    /// <returns>A copy of the options.</returns>
    public static ChatOptions WithPrefixes(this ChatOptions options, params ReadOnlySpan<PrefixUse> prefixes)
    {
        ArgumentNullException.ThrowIfNull(options);
        var copy = options.Clone();
        (copy.AdditionalProperties ??= [])[Key] = prefixes.ToArray();
        return copy;
    }

    /// <summary>The prefixes of a call.</summary>
    /// <exception cref="NotSupportedException">The value under <see cref="Key"/> is something else.</exception>
    internal static IReadOnlyList<PrefixUse> Of(ChatOptions options) => options.AdditionalProperties?.GetValueOrDefault(Key) switch
    {
        null => [],
        PrefixUse one => [one],
        LoadedPrefix one => [one],
        IEnumerable<PrefixUse> several => [.. several],
        IEnumerable<LoadedPrefix> several => [.. several.Select(static prefix => (PrefixUse)prefix)],
        var other => throw new NotSupportedException(
            $"ChatOptions.AdditionalProperties[\"{Key}\"] is a {other.GetType().Name}; expected loaded prefixes: options.WithPrefixes(prefix)."),
    };
}
