using System.IO.Compression;

namespace Cambium.Packages.Tests;

/// <summary>The packages, packed once for all tests, in a folder that is also their package source.</summary>
public sealed class Packages : IAsyncLifetime
{
    /// <summary>A version that no package cache of the machine can have.</summary>
    public const string Version = "0.0.0-test";

    private readonly TemporaryFolder _folder = new();

    /// <summary>The folder of the packages.</summary>
    public string Feed => _folder.At("feed");

    internal SourceCopy Sources { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Sources = SourceCopy.Into(NewFolder("sources"));
        await Dotnet.RunAsync(
            Sources.Folder,
            ["pack", "Packages.slnx", "-c", "Release", "-o", Feed, $"-p:Version={Version}", "--nologo", "-v", "q", "-nodeReuse:false"]);
    }

    public Task DisposeAsync()
    {
        try
        {
            _folder.Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A compiler server may still hold a file. The folder is temporary, so it can stay.
        }

        return Task.CompletedTask;
    }

    /// <summary>Creates a folder in the temporary folder of these tests.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(_folder.At(name)).FullName;

    /// <summary>The files of a package and their contents, without the files of the container format (OPC).</summary>
    /// <param name="id">The package.</param>
    /// <param name="extension">nupkg or snupkg.</param>
    public IReadOnlyDictionary<string, byte[]> Files(string id, string extension = "nupkg")
    {
        using var archive = ZipFile.OpenRead(Path.Combine(Feed, $"{id}.{Version}.{extension}"));
        return archive.Entries.Where(static entry => !IsOfTheContainer(entry.FullName)).ToDictionary(static entry => entry.FullName, static entry =>
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        });
    }

    private static bool IsOfTheContainer(string name) =>
        name.StartsWith("_rels/", StringComparison.Ordinal) || name.StartsWith("package/", StringComparison.Ordinal) || name == "[Content_Types].xml";
}

/// <summary>Runs all package tests one after another, over the same packages.</summary>
[CollectionDefinition(Name)]
public sealed class PackagesCollection : ICollectionFixture<Packages>
{
    public const string Name = "packages";
}
