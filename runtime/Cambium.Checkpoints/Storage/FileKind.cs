using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Cambium.Checkpoints;

/// <summary>
/// Tells regular files from devices, pipes and sockets, which .NET does not: to open one in order to look can block for ever (a pipe without a
/// writer) or have effects.
/// </summary>
internal static partial class FileKind
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint WantsType = 1; // STATX_TYPE

    // The layout of struct statx is the same on all architectures.
    private const int StatxBytes = 256;
    private const int ModeOffset = 28;

    /// <summary>What is at a path, links followed, if it is neither a regular file nor nothing; null otherwise.</summary>
    public static string? FindOther(string path)
    {
        if (Directory.Exists(path))
            return "folder";
        if (!OperatingSystem.IsWindows() && path.StartsWith("/dev/", StringComparison.Ordinal)
            && !path.StartsWith("/dev/shm/", StringComparison.Ordinal))
        {
            return "device";
        }

        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            Span<byte> result = stackalloc byte[StatxBytes];
            result.Clear();
            if (Statx(CurrentDirectory, path, 0, WantsType, ref MemoryMarshal.GetReference(result)) != 0)
                return null;
            return (BinaryPrimitives.ReadUInt16LittleEndian(result[ModeOffset..]) & 0xF000) switch
            {
                0x1000 => "pipe",
                0x2000 or 0x6000 => "device",
                0x4000 => "folder",
                0xC000 => "socket",
                _ => null,
            };
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // A C library without the function, such as glibc before 2.28.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte result);
}
