namespace Cambium.Checkpoints;

/// <summary>Pointers of Git LFS: a clone without LFS has a small text file in place of each large one.</summary>
internal static class GitLfs
{
    private static ReadOnlySpan<byte> FirstLine => "version https://git-lfs.github.com/spec/"u8;

    /// <exception cref="CheckpointException">The content is a pointer.</exception>
    public static void RefusePointer(string path, ReadOnlySpan<byte> beginning)
    {
        if (beginning.StartsWith(FirstLine))
        {
            throw new CheckpointException(
                path, null, "is a pointer of Git LFS, not the file itself",
                    "Fetch the content: run 'git lfs pull' in the repository that was cloned.");
        }
    }

    /// <inheritdoc cref="RefusePointer(string, ReadOnlySpan{byte})"/>
    public static void RefusePointer(string path)
    {
        Span<byte> beginning = stackalloc byte[FirstLine.Length];
        int read = 0;
        try
        {
            using var stream = File.OpenRead(path);
            read = stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The reader of the file reports it.
        }

        RefusePointer(path, beginning[..read]);
    }
}
