using Xunit.Abstractions;

namespace Cambium.TestKit;

/// <summary>
/// Finds recorded reference data. Small cases are in <c>tests/fixtures</c>. Larger cases are in a folder <c>shared</c> next to the
/// repository, which a clean clone does not have.
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
    /// Looks for a file or folder in <c>tests/fixtures</c>, then in <c>shared/fixtures</c> and <c>shared</c> next to the repository, and so on
    /// upwards. If there is none, writes that to the test's output and returns false: the caller then returns early.
    /// </summary>
    public static bool TryFind(string relative, out string path, ITestOutputHelper? output = null)
    {
        path = Repository.At("tests", "fixtures", relative);
        if (Path.Exists(path))
            return true;
        for (var folder = Directory.GetParent(Repository.Root); folder is not null; folder = folder.Parent)
        {
            foreach (var candidate in (ReadOnlySpan<string>)["shared/fixtures", "shared"])
            {
                path = Path.Combine(folder.FullName, candidate, relative);
                if (Path.Exists(path))
                    return true;
            }
        }

        path = "";
        output?.WriteLine($"Skipped: this checkout has no reference data '{relative}'.");
        return false;
    }

    /// <summary>
    /// The folders of a recorded case: that of <see cref="TryFind"/>, if there is one, and those in the folder that <c>CAMBIUM_FIXTURES</c> names
    /// whose name is the case's, with or without <c>h-</c> before it and a part that begins with <c>-</c> after it.
    /// </summary>
    public static IReadOnlyList<string> Recorded(string name, ITestOutputHelper? output = null)
    {
        List<string> folders = TryFind(name, out var own, output) ? [own] : [];
        if (Environment.GetEnvironmentVariable("CAMBIUM_FIXTURES") is { Length: > 0 } others)
            folders.AddRange(Directory.GetDirectories(others).Where(folder => IsCase(Path.GetFileName(folder), name)).Order(StringComparer.Ordinal));
        return folders;
    }

    /// <summary>
    /// The folders of a recorded case below another one, such as <c>llama-gqa/prefix</c>: that of the repository, and those in the folder that
    /// <c>CAMBIUM_FIXTURES</c> names.
    /// </summary>
    public static IReadOnlyList<string> RecordedCases(string name)
    {
        var (first, rest) = name.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? (name[..slash], name[(slash + 1)..]) : (name, "");
        List<string> folders = [InRepository(name)];
        if (Environment.GetEnvironmentVariable("CAMBIUM_FIXTURES") is { Length: > 0 } others)
        {
            folders.AddRange(Directory.GetDirectories(others).Where(folder => IsCase(Path.GetFileName(folder), first))
                .Select(folder => Path.Combine(folder, rest)).Where(Directory.Exists).Order(StringComparer.Ordinal));
        }

        return folders;
    }

    private static bool IsCase(string folder, string name)
    {
        var plain = folder.StartsWith("h-", StringComparison.Ordinal) ? folder[2..] : folder;
        return plain == name || plain.StartsWith(name + "-", StringComparison.Ordinal);
    }
}
