namespace Cambium.TestKit;

/// <summary>Measures the bytes that a thread allocates.</summary>
public static class Allocated
{
    /// <summary>
    /// The fewest bytes of five tries. A garbage collection caused by another test adds the unused rest of this thread's allocation buffer (up to
    /// 8 KiB) to the count; code that really allocates does so in every try.
    /// </summary>
    public static long Least(Action run)
    {
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 5 && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
