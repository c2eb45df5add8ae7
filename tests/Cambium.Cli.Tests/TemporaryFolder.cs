namespace Cambium.Cli.Tests;

/// <summary>A temporary folder of one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cambium-cli-");

    public string At(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>The names of all files, sorted.</summary>
    public IReadOnlyList<string> Files =>
        [.. _folder.EnumerateFiles("*", SearchOption.AllDirectories).Select(static file => file.Name).Order(StringComparer.Ordinal)];

    /// <summary>Copies a checkpoint, so that a test can change it.</summary>
    public string Copy(string checkpoint)
    {
        var copy = _folder.CreateSubdirectory(Path.GetFileName(checkpoint));
        foreach (var file in Directory.EnumerateFiles(checkpoint))
            File.Copy(file, Path.Combine(copy.FullName, Path.GetFileName(file)));
        return copy.FullName;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
