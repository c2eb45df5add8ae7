namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>A source of random numbers that records its output, so that the same or almost the same sequence can be repeated.</summary>
/// <param name="given">The first numbers, reduced to the requested range.</param>
/// <param name="fresh">The source of the following numbers; null gives the smallest.</param>
internal sealed class Choices(IReadOnlyList<int> given, Random? fresh) : Random
{
    private readonly List<int> _made = [];

    /// <summary>The numbers that it returned.</summary>
    public IReadOnlyList<int> Made => _made;

    public override int Next(int maxValue) => Next(0, maxValue);

    public override int Next(int minValue, int maxValue)
    {
        var range = maxValue - minValue;
        var choice = _made.Count < given.Count ? given[_made.Count] % range : fresh is null ? 0 : fresh.Next(minValue, maxValue) - minValue;
        _made.Add(choice);
        return minValue + choice;
    }
}

/// <summary>Shrinks a failing class as long as it fails: by removing choices, and by reducing them.</summary>
internal static class Shrinking
{
    /// <param name="seed">The seed of a failing class.</param>
    /// <param name="fails">Whether a class fails.</param>
    /// <param name="attempts">The maximum number of classes to try.</param>
    public static RandomClass Shrink(int seed, Func<RandomClass, bool> fails, int attempts)
    {
        var smallest = new RandomClass(seed);
        var isSmaller = true;
        while (isSmaller && attempts > 0)
        {
            isSmaller = false;
            foreach (var (statements, forms) in Candidates(smallest.Statements).Select(statements => (statements, smallest.Forms))
                .Prepend((smallest.Statements, [])).Concat(Candidates(smallest.Forms).Select(forms => (smallest.Statements, forms))))
            {
                if (attempts-- <= 0)
                    break;
                if (Try(statements, forms) is not { } next)
                    continue;
                (smallest, isSmaller) = (next, true);
                break;
            }
        }

        return smallest;

        RandomClass? Try(IReadOnlyList<int> statements, IReadOnlyList<int> forms)
        {
            var candidate = new RandomClass(statements, smallest.Lambdas, forms);
            return Compare(candidate, smallest) < 0 && fails(candidate) ? candidate : null;
        }
    }

    // Fewer choices first, then smaller ones: so the process ends.
    private static int Compare(RandomClass a, RandomClass b)
    {
        IReadOnlyList<int> left = [.. Trimmed(a.Statements), .. Trimmed(a.Forms)], right = [.. Trimmed(b.Statements), .. Trimmed(b.Forms)];
        return left.Count != right.Count
            ? left.Count - right.Count
            : left.Zip(right).Select(static pair => pair.First - pair.Second).FirstOrDefault(static difference => difference != 0);
    }

    private static IReadOnlyList<int> Trimmed(IReadOnlyList<int> choices) =>
        [.. choices.Take(choices.Select(static (choice, i) => choice == 0 ? 0 : i + 1).DefaultIfEmpty(0).Max())];

    private static IEnumerable<IReadOnlyList<int>> Candidates(IReadOnlyList<int> choices)
    {
        for (var size = Math.Max(1, choices.Count / 2); size >= 1; size /= 2)
        {
            for (var i = choices.Count - size; i >= 0; i -= size)
                yield return [.. choices.Take(i), .. choices.Skip(i + size)];
        }

        for (var i = 0; i < choices.Count; i++)
        {
            foreach (var smaller in new[] { 0, choices[i] / 2, choices[i] - 1 }.Where(smaller => smaller >= 0 && smaller < choices[i]).Distinct())
                yield return [.. choices.Take(i), smaller, .. choices.Skip(i + 1)];
        }
    }
}
