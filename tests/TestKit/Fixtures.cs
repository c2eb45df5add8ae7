namespace Cambium.TestKit;

/// <summary>
/// Finds recorded reference data: in <c>tests/fixtures</c>, and more cases in the folder that <c>CAMBIUM_FIXTURES</c> names.
/// </summary>
public static class Fixtures
{
    /// <summary>The path of a case in <c>tests/fixtures</c>.</summary>
    /// <exception cref="FileNotFoundException">The repository does not have the file, so the test names a wrong one.</exception>
    public static string InRepository(string relative)
    {
        var path = Repository.At("tests", "fixtures", relative);
        return Path.Exists(path) ? path : throw new FileNotFoundException($"'{path}' should be part of the repository.", path);
    }

    /// <summary>
    /// The folders of a recorded case: that of the repository, and those in the folder that <c>CAMBIUM_FIXTURES</c> names
    /// whose name is the case's, with or without <c>h-</c> before it and a part that begins with <c>-</c> after it.
    /// </summary>
    public static IReadOnlyList<string> Recorded(string name)
    {
        List<string> folders = [InRepository(name)];
        if (Environment.GetEnvironmentVariable("CAMBIUM_FIXTURES") is { Length: > 0 } others)
            folders.AddRange(Directory.GetDirectories(others).Where(folder => IsCase(Path.GetFileName(folder), name)).Order(StringComparer.Ordinal));
        return folders;
    }

    /// <summary>
    /// The folders with certain files, in <c>tests/fixtures</c> and in the folder that <c>CAMBIUM_FIXTURES</c> names.
    /// </summary>
    /// <param name="top">Name of the folder at the top, with or without <c>h-</c> before it; null for any.</param>
    /// <param name="files">The files.</param>
    public static IReadOnlyList<string> FoldersWith(string? top, params string[] files)
    {
        List<string> roots = [Repository.At("tests", "fixtures")];
        if (Environment.GetEnvironmentVariable("CAMBIUM_FIXTURES") is { Length: > 0 } others)
            roots.Add(Path.GetFullPath(others));
        return [.. roots.SelectMany(static root => Directory.GetDirectories(root))
            .Where(folder => top is null || IsCase(Path.GetFileName(folder), top))
            .SelectMany(static folder => Directory.GetDirectories(folder, "*", SearchOption.AllDirectories).Prepend(folder))
            .Where(folder => files.All(file => File.Exists(Path.Combine(folder, file)))).Order(StringComparer.Ordinal)];
    }

    private static bool IsCase(string folder, string name)
    {
        var plain = folder.StartsWith("h-", StringComparison.Ordinal) ? folder[2..] : folder;
        return plain == name || plain.StartsWith(name + "-", StringComparison.Ordinal);
    }
}
