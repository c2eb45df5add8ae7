namespace Cambium.Generators.Tests;

/// <summary>The files of the repository around the tests.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No Compiler.sln above the tests");
        return folder.FullName;
    }
}
