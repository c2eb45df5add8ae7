using System.Numerics;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>Numbers for the names of a class, chosen so that two of them are rarely equal by chance.</summary>
internal sealed class Sizes
{
    private const int MostNames = 40;

    private readonly Dictionary<string, BigInteger> _known = new(StringComparer.Ordinal);
    private readonly Func<string, BigInteger> _choose;

    private Sizes(Func<string, BigInteger> choose) => _choose = choose;

    public BigInteger this[string key] => _known.TryGetValue(key, out var known) ? known : _known[key] = _choose(key);

    /// <summary>
    /// Three sets, for properties that hold for all sizes. In the first set, a later name is a multiple of an earlier one, in the second set the
    /// other way round, and in the third neither.
    /// </summary>
    public static IReadOnlyList<Sizes> Different(int seed) => [Chain(seed, isGrowing: true), Chain(seed, isGrowing: false), Apart(seed)];

    /// <summary>Further sets, for properties that hold for some sizes: all sizes are equal, or one is much larger than the others.</summary>
    public static IEnumerable<Sizes> Special() =>
        Enumerable.Range(1, 40).Append(5040).Select(static size => new Sizes(_ => size)).Concat(Enumerable.Range(0, MostNames).Select(static large =>
    {
        var asked = 0;
        return new Sizes(_ => asked++ == large ? BigInteger.Pow(5040, 3) : 1);
    }));

    private static Sizes Chain(int seed, bool isGrowing)
    {
        var random = new Random(seed);
        var factors = new Queue<int>(Enumerable.Range(0, MostNames).Select(_ => Prime(random, 50)));
        var last = isGrowing ? BigInteger.One : factors.Aggregate(BigInteger.One, static (product, factor) => product * factor);
        return new Sizes(_ => last = isGrowing ? last * factors.Dequeue() : last / factors.Dequeue());
    }

    private static Sizes Apart(int seed)
    {
        var random = new Random(~seed);
        return new Sizes(_ => Prime(random, 1_000_000));
    }

    private static int Prime(Random random, int from)
    {
        for (var candidate = from + random.Next(9 * from); ; candidate++)
        {
            if (Enumerable.Range(2, (int)Math.Sqrt(candidate)).All(divisor => divisor > Math.Sqrt(candidate) || candidate % divisor != 0))
                return candidate;
        }
    }
}
