namespace Cambium.Benchmarks;

/// <summary>Where things lie in the repository that this was built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The small model that the repository ships.</summary>
    public static string SmallModel => Path.Combine(Root, "examples", "Quickstart", "model");

    /// <summary>Files made once and kept between runs.</summary>
    public static string Temporary => Path.Combine(Path.GetTempPath(), "cambium-benchmarks");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} has a Compiler.sln; run the benchmarks from a clone of the repository.");
    }
}
