namespace Cambium.Runtime.Memory;

/// <summary>Sizes of buffers in bytes.</summary>
internal static class BufferSize
{
    // More than the address space of a process, and far from the end of 64 bits, so that sums of several cannot overflow.
    private const long Largest = 1L << 56;

    /// <summary>Bytes of rows.</summary>
    /// <exception cref="InsufficientMemoryException">More than any memory; the message has both numbers.</exception>
    public static long Of(long rows, long rowBytes)
    {
        var bytes = (Int128)rows * rowBytes;
        return bytes <= Largest
            ? (long)bytes
            : throw new InsufficientMemoryException(
                $"A buffer of {rows} rows of {FreeMemory.Text(rowBytes)} does not fit into any memory; make the steps or the model smaller.");
    }
}
