namespace Cambium.Checkpoints;

/// <summary>
/// Resolves a file name from an index to a path within the checkpoint's folder. An index is untrusted input and must not choose which other files of
/// this machine are opened.
/// </summary>
internal static class ShardPath
{
    private const string Fix = "An index may only name files in its folder; do not use this checkpoint unless you trust its source.";

    /// <exception cref="CheckpointException">The name leads out of the folder, or there is no such file.</exception>
    public static string Resolve(string folder, string index, string subject, string name)
    {
        string root = Path.GetFullPath(folder);
        if (name.Length == 0 || name.Contains('\0') || name.Contains('\\')
            || Path.IsPathRooted(name) || name.Contains(':') || name.Split('/').Contains(".."))
            throw new CheckpointException(index, subject, $"is in '{name}', expected a file within {root}", Fix);
        string path = Path.GetFullPath(Path.Combine(root, name));
        if (!IsWithin(root, path))
            throw new CheckpointException(index, subject, $"is in '{name}', expected a file within {root}", Fix);
        if (!File.Exists(path))
        {
            throw new CheckpointException(
                path, null, $"is missing, expected because {Path.GetFileName(index)} says that it holds {subject}",
                "A shard was not downloaded; fetch the missing file.");
        }

        string target = RealPath(path);
        string realRoot = RealPath(root);
        return IsWithin(realRoot, target) || IsHubBlob(realRoot, target)
            ? path
            : throw new CheckpointException(
                path, null, $"is a link to '{target}', expected a file within {realRoot}",
                "Copy the file into the folder, or load the folder that it is in.");
    }

    /// <summary>
    /// The download cache of the Hugging Face hub has <c>snapshots/REVISION/*</c> as links into <c>blobs/</c>, next to <c>snapshots</c>.
    /// </summary>
    private static bool IsHubBlob(string root, string target) =>
        Path.GetDirectoryName(root) is { } snapshots
        && Path.GetFileName(snapshots) == "snapshots"
        && Path.GetDirectoryName(snapshots) is { } repository
        && IsWithin(Path.Combine(repository, "blobs"), target);

    private static bool IsWithin(string folder, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>The path with all links resolved, also those of folders.</summary>
    private static string RealPath(string path)
    {
        string full = Path.GetFullPath(path);
        string at = Path.GetPathRoot(full)!;
        foreach (string part in full[at.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            at = Path.Combine(at, part);
            FileSystemInfo entry = Directory.Exists(at) ? new DirectoryInfo(at) : new FileInfo(at);
            // A relative link is resolved against its folder, which is a real path at this point. The folders of the target may be links again.
            if (entry.LinkTarget is not null && entry.ResolveLinkTarget(returnFinalTarget: true) is { } target)
                at = RealPath(target.FullName);
        }

        return at;
    }
}
