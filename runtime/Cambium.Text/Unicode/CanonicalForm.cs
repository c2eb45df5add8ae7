using System.Collections.Frozen;
using System.Text;

namespace Cambium.Text;

/// <summary>
/// Unicode's normalization forms C, D, KC and KD. Not .NET's: <see cref="string.Normalize()"/> silently returns its argument under invariant
/// globalization, which containers and NativeAOT programs often have, and a tokenizer would then give other ids.
/// </summary>
internal static class CanonicalForm
{
    // Hangul syllables are computed: 19 leads, 21 vowels, 28 tails (the first one means no tail).
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;

    private static readonly Dictionary<int, (int First, int Second)> Decompositions = ReadDecompositions();
    private static readonly Dictionary<(int, int), int> Compositions = ReadCompositions();
    private static readonly Dictionary<int, int> CombiningClasses = ReadClasses();
    private static readonly FrozenSet<int> Unstable = ReadUnstable();
    private static readonly Lazy<Dictionary<int, int[]>> Compatible = new(ReadCompatible);

    /// <summary>Decomposed, ordered, composed.</summary>
    /// <param name="text">Well-formed text: no lone surrogates.</param>
    public static string Compose(string text)
    {
        // Fast path: below U+0300 no character combines, and what decomposes is composed again.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF') || !MayChange(text))
            return text;
        return Composed(Decomposed(text, compatible: null));
    }

    /// <summary>Decomposed with compatible characters, ordered, composed.</summary>
    /// <inheritdoc cref="Compose"/>
    public static string ComposeCompatible(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\u007F') ? Composed(Decomposed(text, Compatible.Value)) : text;

    /// <summary>Decomposed and ordered.</summary>
    /// <inheritdoc cref="Compose"/>
    public static string Decompose(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\u007F') ? ToText(Decomposed(text, compatible: null)) : text;

    /// <summary>Decomposed with compatible characters, and ordered.</summary>
    /// <inheritdoc cref="Compose"/>
    public static string DecomposeCompatible(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\u007F') ? ToText(Decomposed(text, Compatible.Value)) : text;

    private static bool MayChange(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value >= 0x300 && Unstable.Contains(rune.Value))
                return true;
        }

        return false;
    }

    private static string Composed(List<int> points)
    {
        var result = new List<int>(points.Count);
        int starter = -1;
        int lastClass = -1;
        foreach (int point in points)
        {
            int combining = CombiningClasses.GetValueOrDefault(point);
            if (starter >= 0 && lastClass < combining && TryCompose(result[starter], point, out int composed))
            {
                result[starter] = composed;
                continue;
            }

            if (combining == 0)
                starter = result.Count;
            lastClass = combining == 0 ? -1 : combining;
            result.Add(point);
        }

        return ToText(result);
    }

    private static List<int> Decomposed(string text, Dictionary<int, int[]>? compatible)
    {
        var points = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (compatible?.TryGetValue(rune.Value, out int[]? replacement) == true)
                points.AddRange(replacement);
            else
                Decompose(rune.Value, points);
        }

        for (int from = 0; from < points.Count; from++)
        {
            int to = from;
            while (to < points.Count && CombiningClasses.ContainsKey(points[to]))
                to++;
            if (to - from > 1)
            {
                // The order has to be stable, as LINQ's is, and must not become quadratic on a long run of accents.
                int[] ordered = [.. points[from..to].OrderBy(static point => CombiningClasses[point])];
                for (int i = 0; i < ordered.Length; i++)
                    points[from + i] = ordered[i];
            }

            from = to;
        }

        return points;
    }

    private static void Decompose(int point, List<int> points)
    {
        if (point is >= SyllableBase and < SyllableBase + (Leads * Vowels * Tails))
        {
            int syllable = point - SyllableBase;
            points.Add(LeadBase + (syllable / (Vowels * Tails)));
            points.Add(VowelBase + (syllable % (Vowels * Tails) / Tails));
            if (syllable % Tails != 0)
                points.Add(TailBase + (syllable % Tails));
        }
        else if (Decompositions.TryGetValue(point, out var parts))
        {
            Decompose(parts.First, points);
            if (parts.Second != 0)
                points.Add(parts.Second);
        }
        else
        {
            points.Add(point);
        }
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            composed = SyllableBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Tails);
            return true;
        }

        if (first is >= SyllableBase and < SyllableBase + (Leads * Vowels * Tails)
            && (first - SyllableBase) % Tails == 0 && second is > TailBase and < TailBase + Tails)
        {
            composed = first + second - TailBase;
            return true;
        }

        return Compositions.TryGetValue((first, second), out composed);
    }

    private static string ToText(List<int> points)
    {
        var text = new StringBuilder(points.Count);
        Span<char> units = stackalloc char[2];
        foreach (int point in points)
            text.Append(units[..new Rune(point).EncodeToUtf16(units)]);
        return text.ToString();
    }

    private static Dictionary<int, (int, int)> ReadDecompositions()
    {
        var table = new Dictionary<int, (int, int)>();
        for (int i = 0; i < NormalizationData.Pairs.Length; i += 3)
            table.Add(NormalizationData.Pairs[i], (NormalizationData.Pairs[i + 1], NormalizationData.Pairs[i + 2]));
        table.Remove(NormalizationData.UnknownPair);
        for (int i = 0; i < NormalizationData.PairsOneWay.Length; i += 3)
            table.Add(NormalizationData.PairsOneWay[i], (NormalizationData.PairsOneWay[i + 1], NormalizationData.PairsOneWay[i + 2]));
        for (int i = 0; i < NormalizationData.Singles.Length; i += 2)
            table.Add(NormalizationData.Singles[i], (NormalizationData.Singles[i + 1], 0));
        return table;
    }

    private static Dictionary<(int, int), int> ReadCompositions()
    {
        var table = new Dictionary<(int, int), int>();
        for (int i = 0; i < NormalizationData.Pairs.Length; i += 3)
        {
            if (NormalizationData.Pairs[i] != NormalizationData.UnknownPair)
                table.Add((NormalizationData.Pairs[i + 1], NormalizationData.Pairs[i + 2]), NormalizationData.Pairs[i]);
        }

        return table;
    }

    /// <summary>Characters that composition may replace, reorder or join to the one before. A text without them is composed already.</summary>
    private static FrozenSet<int> ReadUnstable()
    {
        var set = new HashSet<int>(CombiningClasses.Keys);
        set.UnionWith(Enumerable.Range(VowelBase, Vowels));
        set.UnionWith(Enumerable.Range(TailBase + 1, Tails - 1));
        for (int i = 0; i < NormalizationData.Pairs.Length; i += 3)
            set.Add(NormalizationData.Pairs[i + 2]);
        for (int i = 0; i < NormalizationData.PairsOneWay.Length; i += 3)
            set.Add(NormalizationData.PairsOneWay[i]);
        for (int i = 0; i < NormalizationData.Singles.Length; i += 2)
            set.Add(NormalizationData.Singles[i]);
        return set.ToFrozenSet();
    }

    private static Dictionary<int, int[]> ReadCompatible()
    {
        var table = new Dictionary<int, int[]>();
        foreach (string entry in CompatibilityData.Mappings.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = entry.Split('=');
            table.Add(Convert.ToInt32(sides[0], 16), [.. sides[1].Split(',').Select(static point => Convert.ToInt32(point, 16))]);
        }

        return table;
    }

    private static Dictionary<int, int> ReadClasses()
    {
        var table = new Dictionary<int, int>();
        for (int i = 0; i < NormalizationData.Classes.Length; i += 3)
        {
            for (int point = NormalizationData.Classes[i]; point <= NormalizationData.Classes[i + 1]; point++)
                table.Add(point, NormalizationData.Classes[i + 2]);
        }

        for (int i = 0; i < NormalizationData.Unmoved.Length; i += 2)
        {
            for (int point = NormalizationData.Unmoved[i]; point <= NormalizationData.Unmoved[i + 1]; point++)
                table.Remove(point);
        }

        return table;
    }
}
