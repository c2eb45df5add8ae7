using System.Text.RegularExpressions;

namespace Cambium.Packages.Tests;

/// <summary>
/// The sources of the packages in a folder of their own, so that outputs of the repository's own build are not used, and not overwritten while
/// tests run.
/// </summary>
internal sealed partial class SourceCopy
{
    private static readonly string[] Folders = ["src", "generators", "runtime"];

    private SourceCopy(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Projects with <c>IsPackable</c>, relative to the repository: <c>dotnet pack Compiler.sln</c> packs these.</summary>
    public static IReadOnlyList<string> Packable { get; } =
    [
        .. Projects(Repository.Root)
            .Where(static project => Packs().IsMatch(File.ReadAllText(Path.Combine(Repository.Root, project))))
            .Order(StringComparer.Ordinal),
    ];

    public static SourceCopy Into(string folder)
    {
        var root = Repository.Root;
        string[] settings = [.. Directory.EnumerateFiles(root, "Directory.*"), Repository.At("global.json"), Repository.At(".editorconfig")];
        foreach (var file in settings.Concat(Folders.SelectMany(name => Sources(Path.Combine(root, name)))))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        // The solution without tests, benchmarks and examples, which are not packed.
        var projects = string.Concat(Projects(folder).Select(static path => $"<Project Path=\"{path}\" />"));
        File.WriteAllText(Path.Combine(folder, "Packages.slnx"), $"<Solution>{projects}</Solution>");
        return new SourceCopy(folder);
    }

    /// <summary>The generated sources of Cambium.Models, by file name.</summary>
    public IReadOnlyDictionary<string, byte[]> Generated() =>
        Directory.EnumerateFiles(Path.Combine(Folder, "src", "Cambium.Models", "obj", "generated"), "*.cs", SearchOption.AllDirectories)
            .ToDictionary(static path => Path.GetFileName(path)!, File.ReadAllBytes);

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder).Concat(
        Directory.EnumerateDirectories(folder).Where(static child => Path.GetFileName(child) is not ("bin" or "obj")).SelectMany(Sources));

    // With forward slashes, as in solutions and project files.
    private static IEnumerable<string> Projects(string root) =>
        new DirectoryInfo(root).EnumerateDirectories()
            .Where(static folder => folder.Name[0] != '.').SelectMany(static folder => Sources(folder.FullName))
            .Where(static path => path.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'));

    [GeneratedRegex("<IsPackable>true</IsPackable>")]
    private static partial Regex Packs();
}
