namespace Cambium.Runtime;

/// <summary>Names in the identity of chunks and in saved trees, such as those of tenants: each has exactly one encoding.</summary>
internal static class StoredName
{
    /// <summary>Bytes of the longest name that a saved tree holds.</summary>
    public const int LongestBytes = 1 << 16;

    /// <summary>Why a name cannot be used, without the name: it may be too long for a message.</summary>
    /// <param name="name">Not null.</param>
    /// <param name="maxBytes">Bytes of its UTF-8 at most.</param>
    /// <param name="limit">What sets <paramref name="maxBytes"/>.</param>
    /// <returns>A clause, to follow the subject of a sentence; null for a name that can be used.</returns>
    public static string? FindError(string name, int maxBytes, string limit)
    {
        // A character has at most three bytes of UTF-8 for each UTF-16 unit, and at least one.
        if (name.Length > maxBytes)
            return $"has {name.Length} characters; at most {maxBytes} bytes of UTF-8 are allowed ({limit})";
        if (UnicodeText.FirstLoneSurrogate(name) is >= 0 and var at)
            return $"is not valid Unicode: half of a surrogate pair, U+{(int)name[at]:X4}, is at index {at}";
        return UnicodeText.Strict.GetByteCount(name) is var bytes && bytes > maxBytes
            ? $"has {bytes} bytes of UTF-8; at most {maxBytes} are allowed ({limit})"
            : null;
    }

    /// <exception cref="ArgumentException">The name cannot be saved: it is not valid Unicode or too long.</exception>
    public static void Require(string name, string what)
    {
        if (FindError(name, LongestBytes, "the longest that a saved tree holds") is { } error)
            throw new ArgumentException($"{what} {error}.");
    }
}
