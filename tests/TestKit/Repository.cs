namespace Cambium.TestKit;

/// <summary>The repository that the tests were built from.</summary>
public static class Repository
{
    /// <summary>The nearest folder above the test assembly that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of a file or folder of the repository.</summary>
    public static string At(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"None of the folders above '{AppContext.BaseDirectory}' holds Compiler.sln.");
    }
}
