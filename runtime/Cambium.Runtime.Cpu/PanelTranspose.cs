using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Writes rows as columns of a panel. A panel has one element of each row per line, so a row alone would touch a cache line for each element.
/// </summary>
internal static unsafe class PanelTranspose
{
    // Elements of a row that are transposed before the next row: a cache line of 64 bytes.
    private const int Words = 16;
    private const int Halves = 32;

    /// <summary>Transposes rows of 32-bit elements.</summary>
    /// <param name="rows">[lanes] pointers to [count] elements, without alignment.</param>
    /// <param name="lanes">Rows.</param>
    /// <param name="count">Elements of a row.</param>
    /// <param name="target">[count, panel]; the first <paramref name="lanes"/> elements of each line are written.</param>
    /// <param name="panel">Elements of a line.</param>
    public static void Run(float** rows, int lanes, int count, float* target, int panel)
    {
        var k = 0;
        if (Avx.IsSupported)
        {
            for (; k + Words <= count; k += Words)
            {
                var lane = 0;
                for (; lane + 8 <= lanes; lane += 8)
                {
                    Transpose8(rows + lane, k, target + ((nint)k * panel) + lane, panel);
                    Transpose8(rows + lane, k + 8, target + ((nint)(k + 8) * panel) + lane, panel);
                }

                Rest(rows, lane, lanes, k, k + Words, target, panel);
            }
        }

        Rest(rows, 0, lanes, k, count, target, panel);
    }

    /// <summary>Transposes rows of 16-bit elements.</summary>
    /// <inheritdoc cref="Run(float**, int, int, float*, int)"/>
    public static void Run(ushort** rows, int lanes, int count, ushort* target, int panel)
    {
        var k = 0;
        if (Sse2.IsSupported)
        {
            for (; k + Halves <= count; k += Halves)
            {
                var lane = 0;
                for (; lane + 8 <= lanes; lane += 8)
                {
                    for (var part = k; part < k + Halves; part += 8)
                        Transpose8(rows + lane, part, target + ((nint)part * panel) + lane, panel);
                }

                Rest(rows, lane, lanes, k, k + Halves, target, panel);
            }
        }

        Rest(rows, 0, lanes, k, count, target, panel);
    }

    private static void Transpose8(float** rows, int k, float* target, nint panel)
    {
        var (a, b) = (Avx.LoadVector256(rows[0] + k), Avx.LoadVector256(rows[1] + k));
        var (c, d) = (Avx.LoadVector256(rows[2] + k), Avx.LoadVector256(rows[3] + k));
        var (e, f) = (Avx.LoadVector256(rows[4] + k), Avx.LoadVector256(rows[5] + k));
        var (g, h) = (Avx.LoadVector256(rows[6] + k), Avx.LoadVector256(rows[7] + k));
        // Pairs of rows, then fours: each half register has one column of four rows.
        var (ab, cd, ef, gh) = (Avx.UnpackLow(a, b), Avx.UnpackLow(c, d), Avx.UnpackLow(e, f), Avx.UnpackLow(g, h));
        Store4(Avx.Shuffle(ab, cd, 0x44), Avx.Shuffle(ab, cd, 0xEE), Avx.Shuffle(ef, gh, 0x44), Avx.Shuffle(ef, gh, 0xEE), target, panel);
        (ab, cd, ef, gh) = (Avx.UnpackHigh(a, b), Avx.UnpackHigh(c, d), Avx.UnpackHigh(e, f), Avx.UnpackHigh(g, h));
        target += 2 * panel;
        Store4(Avx.Shuffle(ab, cd, 0x44), Avx.Shuffle(ab, cd, 0xEE), Avx.Shuffle(ef, gh, 0x44), Avx.Shuffle(ef, gh, 0xEE), target, panel);
    }

    // Columns j and j + 4 from the halves of (low, high), and j + 1 and j + 5 from those of the second pair.
    private static void Store4(
        Vector256<float> low, Vector256<float> nextLow, Vector256<float> high, Vector256<float> nextHigh, float* target, nint panel)
    {
        Avx.Store(target, Avx.Permute2x128(low, high, 0x20));
        Avx.Store(target + panel, Avx.Permute2x128(nextLow, nextHigh, 0x20));
        Avx.Store(target + (4 * panel), Avx.Permute2x128(low, high, 0x31));
        Avx.Store(target + (5 * panel), Avx.Permute2x128(nextLow, nextHigh, 0x31));
    }

    private static void Transpose8(ushort** rows, int k, ushort* target, nint panel)
    {
        var (a, b) = (Sse2.LoadVector128(rows[0] + k), Sse2.LoadVector128(rows[1] + k));
        var (c, d) = (Sse2.LoadVector128(rows[2] + k), Sse2.LoadVector128(rows[3] + k));
        var (e, f) = (Sse2.LoadVector128(rows[4] + k), Sse2.LoadVector128(rows[5] + k));
        var (g, h) = (Sse2.LoadVector128(rows[6] + k), Sse2.LoadVector128(rows[7] + k));
        Store4(Sse2.UnpackLow(a, b), Sse2.UnpackLow(c, d), Sse2.UnpackLow(e, f), Sse2.UnpackLow(g, h), target, panel);
        Store4(Sse2.UnpackHigh(a, b), Sse2.UnpackHigh(c, d), Sse2.UnpackHigh(e, f), Sse2.UnpackHigh(g, h), target + (4 * panel), panel);
    }

    // Four columns of eight rows, from pairs of rows.
    private static void Store4(
        Vector128<ushort> ab, Vector128<ushort> cd, Vector128<ushort> ef, Vector128<ushort> gh, ushort* target, nint panel)
    {
        var (low, high) = (Sse2.UnpackLow(ab.AsUInt32(), cd.AsUInt32()).AsUInt64(), Sse2.UnpackLow(ef.AsUInt32(), gh.AsUInt32()).AsUInt64());
        Sse2.Store(target, Sse2.UnpackLow(low, high).AsUInt16());
        Sse2.Store(target + panel, Sse2.UnpackHigh(low, high).AsUInt16());
        (low, high) = (Sse2.UnpackHigh(ab.AsUInt32(), cd.AsUInt32()).AsUInt64(), Sse2.UnpackHigh(ef.AsUInt32(), gh.AsUInt32()).AsUInt64());
        Sse2.Store(target + (2 * panel), Sse2.UnpackLow(low, high).AsUInt16());
        Sse2.Store(target + (3 * panel), Sse2.UnpackHigh(low, high).AsUInt16());
    }

    // A line of the panel at a time, so that each line is in the cache once.
    private static void Rest<T>(T** rows, int firstLane, int lanes, int first, int end, T* target, int panel)
        where T : unmanaged
    {
        for (var k = first; k < end; k++)
        {
            for (var lane = firstLane; lane < lanes; lane++)
                target[((nint)k * panel) + lane] = rows[lane][k];
        }
    }
}
