using System.Runtime.InteropServices;

namespace Cambium.Constraints;

/// <summary>Writes the texts that satisfy several conditions at once: the product of their automata.</summary>
/// <param name="grammar">Receives the states.</param>
/// <param name="set">Writes one character of a set.</param>
internal sealed class TextIntersection(GrammarBuilder grammar, Action<int, CodePoints, int> set)
{
    private const int MaxComparisons = 20_000_000;

    private readonly Dictionary<string, int> _rules = new(StringComparer.Ordinal);

    /// <exception cref="ConstraintException">There are too many states.</exception>
    public void Write(IReadOnlyList<TextCondition> conditions, int from, int to)
    {
        var classes = Classes(conditions);
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var open = new Queue<(int[] States, int At)>();
        grammar.Skip(from, Reach(new int[conditions.Count]));
        while (open.TryDequeue(out var place))
        {
            if (conditions.Index().All(condition => condition.Item.Accepts(place.States[condition.Index])))
                grammar.Skip(place.At, to);
            var targets = new Dictionary<int, List<(int, int)>>();
            foreach (var ranges in classes)
            {
                var next = new int[conditions.Count];
                var isDead = false;
                for (var i = 0; i < next.Length && !isDead; i++)
                    isDead = (next[i] = conditions[i].Next(place.States[i], ranges[0].First)) == TextCondition.Dead;
                if (isDead)
                    continue;
                var target = Reach(next);
                if (!targets.TryGetValue(target, out var characters))
                    targets[target] = characters = [];
                characters.AddRange(ranges);
            }

            foreach (var (target, characters) in targets)
                WriteSet(place.At, CodePoints.Of(characters), target);
        }

        int Reach(int[] states)
        {
            var key = new string(MemoryMarshal.Cast<int, char>(states));
            if (known.TryGetValue(key, out var at))
                return at;
            known[key] = at = grammar.NewState();
            open.Enqueue((states, at));
            return at;
        }
    }

    // A set beyond ASCII takes some twenty states in UTF-8: one rule for all its uses.
    private void WriteSet(int from, CodePoints characters, int to)
    {
        if (characters.Ranges[^1].Last <= 0x7F && characters.Ranges[0].First >= ' ')
        {
            set(from, characters, to);
            return;
        }

        var key = string.Join(',', characters.Ranges);
        if (!_rules.TryGetValue(key, out var rule))
        {
            _rules[key] = rule = grammar.NewRule("a character");
            set(grammar[rule].Start, characters, grammar[rule].End);
        }

        grammar.Call(from, rule, to);
    }

    // The characters in groups whose members no set tells apart.
    private static List<List<(int First, int Last)>> Classes(IReadOnlyList<TextCondition> conditions)
    {
        var sets = conditions.SelectMany(static condition => condition.Sets).Prepend(CodePoints.All)
            .DistinctBy(static set => string.Join(',', set.Ranges)).ToArray();
        var borders = sets.SelectMany(static set => set.Ranges).SelectMany(static range => (int[])[range.First, range.Last + 1])
            .Distinct().Order().ToArray();
        if ((long)sets.Length * borders.Length > MaxComparisons)
            throw new ConstraintException("A 'pattern' has too many sets of characters to be combined with other keywords of strings; shorten it.");
        var classes = new Dictionary<string, List<(int First, int Last)>>(StringComparer.Ordinal);
        var signature = new char[sets.Length];
        for (var i = 0; i + 1 < borders.Length; i++)
        {
            for (var s = 0; s < sets.Length; s++)
                signature[s] = sets[s].Contains(borders[i]) ? '1' : '0';
            if (signature[0] == '0')
                continue;
            var key = new string(signature);
            if (!classes.TryGetValue(key, out var ranges))
                classes[key] = ranges = [];
            ranges.Add((borders[i], borders[i + 1] - 1));
        }

        return [.. classes.Values];
    }
}
