namespace Cambium.Benchmarks;

/// <summary>Paths in the repository.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The small model of the Quickstart.</summary>
    public static string SmallModel => Path.Combine(Root, "examples", "Quickstart", "model");

    /// <summary>Files that are kept between runs.</summary>
    public static string Temporary => Path.Combine(Path.GetTempPath(), "cambium-benchmarks");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException(
            $"No folder above {AppContext.BaseDirectory} has a Compiler.sln. Run the benchmarks from a clone of the repository.");
    }
}
