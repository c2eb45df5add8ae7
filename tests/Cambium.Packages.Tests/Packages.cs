using System.IO.Compression;

namespace Cambium.Packages.Tests;

/// <summary>The packages, made once for all tests, in a folder that serves as their source.</summary>
public sealed class Packages : IAsyncLifetime
{
    /// <summary>No version that a machine may have already.</summary>
    public const string Version = "0.0.0-test";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cambium-packages-");

    /// <summary>Where the packages lie.</summary>
    public string Feed => Path.Combine(_folder.FullName, "feed");

    internal SourceCopy Sources { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Sources = SourceCopy.Into(NewFolder("sources"));
        await Dotnet.RunAsync(Sources.Folder, ["pack", "Packages.slnx", "-c", "Release", "-o", Feed, $"-p:Version={Version}", "--nologo", "-v", "q", "-nodeReuse:false"]);
    }

    public Task DisposeAsync()
    {
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A compiler that stays in memory for the next build may hold a file; the folder is one for temporary files.
        }

        return Task.CompletedTask;
    }

    /// <summary>A folder of one test; where another one ends in it, the path is longer.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_folder.FullName, name)).FullName;

    /// <summary>Files of a package and what is in them, without those of the container's own format.</summary>
    /// <param name="id">The package.</param>
    /// <param name="extension">nupkg or snupkg.</param>
    public IReadOnlyDictionary<string, byte[]> Files(string id, string extension = "nupkg")
    {
        using var archive = ZipFile.OpenRead(Path.Combine(Feed, $"{id}.{Version}.{extension}"));
        return archive.Entries.Where(static entry => !entry.FullName.StartsWith("_rels/", StringComparison.Ordinal) && !entry.FullName.StartsWith("package/", StringComparison.Ordinal) && entry.FullName != "[Content_Types].xml")
            .ToDictionary(static entry => entry.FullName, static entry =>
            {
                using var stream = entry.Open();
                using var bytes = new MemoryStream();
                stream.CopyTo(bytes);
                return bytes.ToArray();
            });
    }
}

/// <summary>All tests of packages, one after another, over the same packages.</summary>
[CollectionDefinition(Name)]
public sealed class PackagesCollection : ICollectionFixture<Packages>
{
    public const string Name = "packages";
}
