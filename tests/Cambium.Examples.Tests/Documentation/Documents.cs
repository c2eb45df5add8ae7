namespace Cambium.Examples.Tests.Documentation;

/// <summary>The files of the repository, without build outputs.</summary>
internal static class Documents
{
    private static readonly HashSet<string> Excluded = new(StringComparer.Ordinal)
    {
        "bin", "obj", "shared", "TestResults", "__mismatch__", "BenchmarkDotNet.Artifacts", "packages",
    };

    /// <summary>Paths of all files relative to the repository, with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Walk(new DirectoryInfo(Repository.Root)).Select(Relative).Order(StringComparer.Ordinal)];

    /// <summary>All Markdown files except the release tables of the analyzers, which have a format of their own.</summary>
    public static IReadOnlyList<string> Pages { get; } =
        [.. Files.Where(static file => file.EndsWith(".md", StringComparison.Ordinal) && !IsReleaseTable(file))];

    public static IReadOnlyList<string> Lines(string file) => File.ReadAllText(Repository.At(file)).ReplaceLineEndings("\n").Split('\n');

    /// <summary>The lines of a page outside of code blocks, with their numbers.</summary>
    public static IEnumerable<(int Number, string Text)> Prose(string page) =>
        Split(page).Where(static line => line.Language is null).Select(static line => (line.Number, line.Text));

    /// <summary>The lines of a page inside of code blocks without a language: commands, and output.</summary>
    public static IEnumerable<(int Number, string Text)> Commands(string page) =>
        Split(page).Where(static line => line.Language == "").Select(static line => (line.Number, line.Text));

    private static string Relative(string path) => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');

    private static bool IsReleaseTable(string file) => file.Contains("AnalyzerReleases", StringComparison.Ordinal);

    private static IEnumerable<(int Number, string Text, string? Language)> Split(string page)
    {
        string? language = null;
        foreach (var (i, line) in Lines(page).Index())
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
                language = language is null ? line.Trim()[3..] : null;
            else
                yield return (i + 1, line, language);
        }
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder) => folder.EnumerateFiles().Select(static file => file.FullName).Concat(
        folder.EnumerateDirectories().Where(static child => !IsExcluded(child)).SelectMany(Walk));

    private static bool IsExcluded(DirectoryInfo folder) => folder.Name[0] == '.' || Excluded.Contains(folder.Name) || folder.LinkTarget is not null;
}
