using System.Text.RegularExpressions;

namespace Cambium.Examples.Tests.Documentation;

public sealed partial class LinkTests
{
    private static readonly string[] Extensions = [".cs", ".csproj", ".md", ".props", ".targets", ".sln"];

    [Fact]
    public void Every_relative_link_leads_to_a_file()
    {
        var dead =
            from page in Documents.Pages
            from line in Documents.Prose(page)
            from Match link in Link().Matches(line.Text)
            let target = link.Groups["target"].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !Exists(Path.Combine(Folder(page), target))
            select $"{page}:{line.Number}: {target}";
        Assert.Empty(dead);
    }

    [Fact]
    public void Every_named_source_file_and_folder_exists()
    {
        var names = Documents.Files.Select(static file => "/" + file).ToArray();
        var missing =
            from page in Documents.Pages
            from line in Documents.Prose(page)
            from Match span in Code().Matches(line.Text)
            let name = span.Groups["name"].Value
            where IsPath(name) && !Exists(Path.Combine(Folder(page), name)) && !names.Any(file => Matches(file, name))
            select $"{page}:{line.Number}: {name}";
        Assert.Empty(missing);
    }

    // Source files and folders. Generated files, patterns and files of a checkpoint are not part of the repository.
    private static bool IsPath(string name) =>
        PathCharacters().IsMatch(name) && !name.Contains(".g.", StringComparison.Ordinal) && !name.Contains("xxx", StringComparison.Ordinal)
        && !name.StartsWith("obj/", StringComparison.Ordinal) && !name.Contains("path/to", StringComparison.Ordinal)
        && (name.EndsWith('/') || Extensions.Any(extension => name.Length > extension.Length && name.EndsWith(extension, StringComparison.Ordinal)));

    // A name may be relative to any folder, as in `Ops/OpCatalog.cs`.
    private static bool Matches(string file, string name) =>
        name.EndsWith('/') ? file.Contains("/" + name, StringComparison.Ordinal) : file.EndsWith("/" + name, StringComparison.Ordinal);

    private static bool Exists(string path) => Path.Exists(Repository.At(path));

    private static string Folder(string page) => Path.GetDirectoryName(page) ?? "";

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^[\w./-]+$")]
    private static partial Regex PathCharacters();
}
