using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cambium.Checkpoints.Memory;

/// <summary>
/// Blocks of memory between two inaccessible pages, for tests: an access past the end of a block ends the process. The environment variable
/// <c>CAMBIUM_GUARD_PAGES</c> (1; unset or 0 for ordinary memory) turns them on for all <see cref="NativeBlock"/>s of the process. Linux only.
/// </summary>
internal static unsafe partial class GuardPages
{
    // Of larger blocks only the end is filled. A pool of chunks takes address space for half of the machine, and a fill would commit it.
    private const nuint MostFilled = 64 << 20;

    // Four such bytes are a NaN as a float, two are a NaN as a bf16 or a half.
    private const byte Fill = 0xFF;

    private const int NoAccess = 0;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    // Not thrown by the initializer: the exception would arrive wrapped in a TypeInitializationException.
    private static readonly (bool AreOn, string? Refusal) s_choice =
        Choose(Environment.GetEnvironmentVariable("CAMBIUM_GUARD_PAGES"), OperatingSystem.IsLinux());

    private static readonly nuint s_page = (nuint)Environment.SystemPageSize;

    /// <summary>Whether blocks have guard pages. A constant for the JIT.</summary>
    public static bool AreOn { get; } = s_choice.AreOn;

    internal static (bool AreOn, string? Refusal) Choose(string? wanted, bool isLinux) => wanted switch
    {
        null or "" or "0" => (false, null),
        "1" when isLinux => (true, null),
        "1" => (true, "CAMBIUM_GUARD_PAGES is 1, and guard pages are for Linux; unset it on this system."),
        _ => (true, $"CAMBIUM_GUARD_PAGES is '{wanted}'; it must be 1 or 0, or not be set."),
    };

    /// <summary>
    /// A block filled with bytes of NaN. Its last byte is as close to the guard page as the alignment allows; the bytes between are checked by
    /// <see cref="Free"/>.
    /// </summary>
    /// <param name="bytes">At least 1.</param>
    /// <param name="alignment">A power of two, at most the size of a page.</param>
    /// <exception cref="OutOfMemoryException">The system does not give the address space.</exception>
    /// <exception cref="PlatformNotSupportedException">The variable has another value, or this is not Linux.</exception>
    public static byte* Allocate(nuint bytes, nuint alignment)
    {
        if (s_choice.Refusal is { } refusal)
            throw new PlatformNotSupportedException(refusal);
        var (room, before) = Layout(bytes, alignment);
        var whole = (byte*)Map(null, room + (2 * s_page), NoAccess, PrivateAnonymous, -1, 0);
        if (whole == (byte*)-1)
            throw new OutOfMemoryException($"The system does not give {bytes} bytes between guard pages.");
        var block = whole + s_page + before;
        if (Protect(whole + s_page, room, ReadWrite) != 0)
        {
            _ = Unmap(whole, room + (2 * s_page));
            throw new OutOfMemoryException($"The system does not give {bytes} bytes between guard pages.");
        }

        Unsafe.InitBlock(whole + s_page, Fill, (uint)before);
        FillWithNaN(block, bytes);
        Unsafe.InitBlock(block + bytes, Fill, (uint)(room - before - bytes));
        return block;
    }

    /// <summary>Fills a block, or the end of a large one, as at its allocation.</summary>
    public static void FillWithNaN(byte* block, nuint bytes)
    {
        var filled = nuint.Min(bytes, MostFilled);
        NativeMemory.Fill(block + (bytes - filled), filled, Fill);
    }

    /// <summary>Frees a block of <see cref="Allocate"/>. Ends the process if the bytes between the block and its guard pages were changed.</summary>
    public static void Free(byte* block, nuint bytes, nuint alignment)
    {
        var (room, before) = Layout(bytes, alignment);
        var start = block - before;
        if (new ReadOnlySpan<byte>(start, (int)before).ContainsAnyExcept(Fill))
            Environment.FailFast($"Bytes before a block of {bytes} bytes were overwritten.");
        if (new ReadOnlySpan<byte>(block + bytes, (int)(room - before - bytes)).ContainsAnyExcept(Fill))
            Environment.FailFast($"Bytes after a block of {bytes} bytes were overwritten.");
        _ = Unmap(start - s_page, room + (2 * s_page));
    }

    // Bytes of the accessible pages, and of those the bytes before the block.
    private static (nuint Room, nuint Before) Layout(nuint bytes, nuint alignment)
    {
        var room = checked(bytes + s_page - 1) & ~(s_page - 1);
        var aligned = (bytes + alignment - 1) & ~(alignment - 1);
        return (room, room - aligned);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
