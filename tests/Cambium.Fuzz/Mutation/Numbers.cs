namespace Cambium.Fuzz.Mutation;

/// <summary>Numbers at which arithmetic goes wrong.</summary>
internal static class Numbers
{
    private static readonly long[] Edges =
    [
        0, 1, -1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 999, 1000, 4095, 4096, 4097, 32767, 32768,
        65535, 65536,
        65537, 1 << 20, 1 << 24, 1 << 30, int.MaxValue - 1, int.MaxValue, int.MinValue, 1L << 31, (1L << 32) - 1, 1L << 32, (1L << 32) + 1,
        (1L << 32) + 64, 1L << 40,
        1L << 53, long.MaxValue, long.MinValue, 3_000_000, 46341, 42_949_673,
    ];

    /// <summary>A number at the edge of a type, of a SIMD width or of a page; or any number.</summary>
    public static long Extreme(Random random) => random.Next(10) switch
    {
        0 => random.NextInt64(),
        1 => random.Next(-3, 70),
        2 => random.Next(),
        _ => Edges[random.Next(Edges.Length)],
    };

    /// <summary>A small size: mostly not a multiple of a SIMD width.</summary>
    public static int Small(Random random, int most = 40) => random.Next(3) == 0 ? random.Next(1, 6) : random.Next(1, most + 1);

    /// <summary>Two positive factors whose product is small in 32 bits and large in 64. Both are at most 2^28, like a size of a config.</summary>
    public static (int A, int B, int Product) Wrapping(Random random)
    {
        while (true)
        {
            var shift = random.Next(3);
            var odd = (2 * random.Next(1, 500)) + 1;
            var product = Small(random) << shift;
            var b = unchecked((uint)(product >> shift) * Inverse((uint)odd));
            // An even factor loses its zeros at the top: any multiple of 2^(32 - shift) may be added to the other one.
            var other = b & (uint.MaxValue >> shift);
            if (other is > 1 and <= 1 << 28 && (long)(odd << shift) * other > int.MaxValue
                && unchecked((odd << shift) * (int)other) == product)
                return (odd << shift, (int)other, product);
        }
    }

    // Newton's iteration modulo 2^32.
    private static uint Inverse(uint odd)
    {
        var x = odd;
        for (var i = 0; i < 5; i++)
            x = unchecked(x * (2 - (odd * x)));
        return x;
    }
}
