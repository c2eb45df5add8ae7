using Xunit.Abstractions;

namespace Cambium.Tests;

/// <summary>
/// Finds recorded reference data. Small cases travel with the repository in <c>tests/fixtures</c>; larger ones lie in a folder
/// <c>shared</c> beside the repository, which a clean clone does not have.
/// </summary>
internal static class Fixtures
{
    /// <summary>The repository's root: the nearest ancestor of the test assembly that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>A case that travels with the repository. A missing one is a mistake in the test, hence an exception.</summary>
    public static string InRepository(string relative)
    {
        string path = Path.Combine(RepositoryRoot, "tests", "fixtures", relative);
        return File.Exists(path) || Directory.Exists(path)
            ? path
            : throw new FileNotFoundException($"'{path}' should be part of the repository.", path);
    }

    /// <summary>
    /// Looks for a file or folder first in <c>tests/fixtures</c>, then in <c>shared/fixtures</c> and <c>shared</c> beside the repository or any folder above it.
    /// Answers false, and says so in the test's output, where none of them has it: the caller then returns early.
    /// </summary>
    public static bool TryFind(string relative, out string path, ITestOutputHelper? output = null)
    {
        path = Path.Combine(RepositoryRoot, "tests", "fixtures", relative);
        if (File.Exists(path) || Directory.Exists(path))
            return true;
        for (DirectoryInfo? folder = Directory.GetParent(RepositoryRoot); folder is not null; folder = folder.Parent)
        {
            foreach (string candidate in (ReadOnlySpan<string>)["shared/fixtures", "shared"])
            {
                path = Path.Combine(folder.FullName, candidate, relative);
                if (File.Exists(path) || Directory.Exists(path))
                    return true;
            }
        }

        path = "";
        output?.WriteLine($"Skipped: no reference data '{relative}' in this checkout or beside it.");
        return false;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' holds Compiler.sln.");
    }
}
