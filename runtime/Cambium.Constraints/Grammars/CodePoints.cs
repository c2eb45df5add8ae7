namespace Cambium.Constraints;

/// <summary>A set of Unicode scalar values: ascending ranges that are not adjacent.</summary>
internal sealed class CodePoints
{
    public const int Last = 0x10FFFF;

    private const int FirstSurrogate = 0xD800;
    private const int LastSurrogate = 0xDFFF;

    private CodePoints(List<(int First, int Last)> ranges) => Ranges = ranges;

    public static CodePoints All { get; } = Of((0, Last));

    public static CodePoints Digits { get; } = Of(('0', '9'));

    /// <summary>Letters, digits and underscore of ASCII, as in ECMAScript.</summary>
    public static CodePoints Word { get; } = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    /// <summary>The white space of ASCII.</summary>
    public static CodePoints Space { get; } = Of(('\t', '\r'), (' ', ' '));

    /// <summary>Characters that no regex dialect counts as white space.</summary>
    public static CodePoints NotSpace { get; } = Of(
        ('\t', '\r'), (' ', ' '), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x180E, 0x180E), (0x2000, 0x200A), (0x2028, 0x2029),
        (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)).Complement();

    /// <summary>Characters that a dot matches in every regex dialect: all but line ends.</summary>
    public static CodePoints Dot { get; } = Of(('\n', '\n'), ('\r', '\r'), (0x85, 0x85), (0x2028, 0x2029)).Complement();

    public IReadOnlyList<(int First, int Last)> Ranges { get; }

    public bool IsEmpty => Ranges.Count == 0;

    /// <summary>The union of ranges in any order; surrogates are left out.</summary>
    public static CodePoints Of(params IEnumerable<(int First, int Last)> ranges)
    {
        var union = new List<(int First, int Last)>();
        foreach (var (first, last) in ranges.SelectMany(Scalars).OrderBy(static range => range.First))
        {
            if (union.Count > 0 && first <= union[^1].Last + 1)
                union[^1] = (union[^1].First, Math.Max(union[^1].Last, last));
            else
                union.Add((first, last));
        }

        return new CodePoints(union);
    }

    public CodePoints Complement()
    {
        var others = new List<(int, int)>();
        var next = 0;
        foreach (var (first, last) in Ranges)
        {
            if (first > next)
                others.Add((next, first - 1));
            next = last + 1;
        }

        if (next <= Last)
            others.Add((next, Last));
        return Of(others);
    }

    public bool Contains(int codePoint) => Ranges.Any(range => codePoint >= range.First && codePoint <= range.Last);

    public CodePoints Without(CodePoints other) => Intersect(other.Complement());

    public CodePoints Intersect(CodePoints other)
    {
        var both = new List<(int, int)>();
        foreach (var (first, last) in Ranges)
        {
            foreach (var (otherFirst, otherLast) in other.Ranges)
            {
                if (Math.Max(first, otherFirst) <= Math.Min(last, otherLast))
                    both.Add((Math.Max(first, otherFirst), Math.Min(last, otherLast)));
            }
        }

        return Of(both);
    }

    private static IEnumerable<(int First, int Last)> Scalars((int First, int Last) range)
    {
        if (range.First <= Math.Min(range.Last, FirstSurrogate - 1))
            yield return (range.First, Math.Min(range.Last, FirstSurrogate - 1));
        if (Math.Max(range.First, LastSurrogate + 1) <= range.Last)
            yield return (Math.Max(range.First, LastSurrogate + 1), range.Last);
    }
}
