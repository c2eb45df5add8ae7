namespace Cambium.TestKit;

/// <summary>A folder that is deleted at the end of a test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cambium-");

    public string Path => _folder.FullName;

    /// <summary>Names of all files in the folder and its subfolders, in ordinal order.</summary>
    public IReadOnlyList<string> Files =>
        [.. _folder.EnumerateFiles("*", SearchOption.AllDirectories).Select(static file => file.Name).Order(StringComparer.Ordinal)];

    /// <summary>The full path of a name in the folder.</summary>
    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    /// <inheritdoc cref="Write(string, string)"/>
    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(At(name), bytes);
        return At(name);
    }

    /// <summary>Copies the files of another folder into a subfolder of the same name, which a test may change, and returns its path.</summary>
    public string Copy(string source)
    {
        var copy = _folder.CreateSubdirectory(System.IO.Path.GetFileName(source));
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, System.IO.Path.Combine(copy.FullName, System.IO.Path.GetFileName(file)));
        return copy.FullName;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
