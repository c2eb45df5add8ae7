using System.Text.RegularExpressions;

namespace Cambium.Packages.Tests;

/// <summary>
/// The sources of the packages in a folder of their own. Nothing that the repository's own build left behind takes part, and nothing disturbs that build while tests run.
/// </summary>
internal sealed partial class SourceCopy
{
    private static readonly string[] Folders = ["src", "generators", "runtime"];

    private SourceCopy(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Projects that say that they are packages, relative to the repository: those that <c>dotnet pack Compiler.sln</c> packs.</summary>
    public static IReadOnlyList<string> Packable { get; } =
        [.. Projects(Repository.Root).Where(static project => Packs().IsMatch(File.ReadAllText(Path.Combine(Repository.Root, project)))).Order(StringComparer.Ordinal)];

    public static SourceCopy Into(string folder)
    {
        var root = Repository.Root;
        foreach (var file in Directory.EnumerateFiles(root, "Directory.*").Append(Path.Combine(root, "global.json")).Append(Path.Combine(root, ".editorconfig")).Concat(Folders.SelectMany(name => Sources(Path.Combine(root, name)))))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        // The solution without tests, benchmarks and examples, which are no packages.
        File.WriteAllText(Path.Combine(folder, "Packages.slnx"), $"<Solution>{string.Concat(Projects(folder).Select(static path => $"<Project Path=\"{path}\" />"))}</Solution>");
        return new SourceCopy(folder);
    }

    /// <summary>Generated sources of the zoo, by name.</summary>
    public IReadOnlyDictionary<string, byte[]> Generated() =>
        Directory.EnumerateFiles(Path.Combine(Folder, "src", "Cambium.Models", "obj", "generated"), "*.cs", SearchOption.AllDirectories).ToDictionary(static path => Path.GetFileName(path)!, File.ReadAllBytes);

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder).Concat(Directory.EnumerateDirectories(folder).Where(static child => Path.GetFileName(child) is not ("bin" or "obj")).SelectMany(Sources));

    // Forward slashes, as solutions and projects have them.
    private static IEnumerable<string> Projects(string root) =>
        new DirectoryInfo(root).EnumerateDirectories().Where(static folder => folder.Name[0] != '.').SelectMany(static folder => Sources(folder.FullName))
            .Where(static path => path.EndsWith(".csproj", StringComparison.Ordinal)).Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'));

    [GeneratedRegex("<IsPackable>true</IsPackable>")]
    private static partial Regex Packs();
}
