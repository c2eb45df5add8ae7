using System.Text.RegularExpressions;

namespace Cambium.Packages.Tests;

/// <summary>Projects of users outside the repository, restored from the folder of packages and built once for all tests.</summary>
public sealed partial class UserProjects(Packages packages) : IAsyncLifetime
{
    private string _folder = "";

    public async Task InitializeAsync()
    {
        _folder = packages.NewFolder("users");
        await File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), NuGetConfig());
        // The settings of a new project. Packages are restored into a temporary folder, so that the machine's own cache keeps no test package.
        await File.WriteAllTextAsync(Path.Combine(_folder, "Directory.Build.props"), $"""
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>{Path.Combine(_folder, "restored")}</RestorePackagesPath>
                <CambiumVersion>{Packages.Version}</CambiumVersion>
              </PropertyGroup>
            </Project>
            """);
        var projects = Path.Combine(Repository.Root, "tests", "Cambium.Packages.Tests", "Projects");
        var examples = Path.Combine(Repository.Root, "examples");
        Copy(Path.Combine(projects, "Alder"), "Alder");
        Copy(Path.Combine(projects, "Serving"), "Serving");
        Copy(Path.Combine(projects, "Pages"), "Pages");
        Copy(Path.Combine(examples, "YourModel"), "YourModel");
        Copy(Path.Combine(examples, "Chat"), "Chat");
        Copy(Path.Combine(examples, "Quickstart", "model"), Path.Combine("Quickstart", "model"));
        await File.WriteAllTextAsync(At("Pages", "Pages.cs"), PackagePages.Source(PackagePages.Files.Select(File.ReadAllText)));
        ReferToPackages(At("YourModel", "YourModel.csproj"));
        ReferToPackages(At("Chat", "Chat.csproj"));
        string[] names = ["Alder", "Serving", "YourModel", "Chat", "Pages"];
        var solution = string.Concat(names.Select(static name => $"<Project Path=\"{name}/{name}.csproj\" />"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "Users.slnx"), $"<Solution>{solution}</Solution>");
        await Dotnet.RunAsync(_folder, ["build", "Users.slnx", "-c", "Release", "--nologo", "-v", "q", "-nodeReuse:false"]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A path in the folder of the projects.</summary>
    public string At(params IReadOnlyList<string> path) => Path.Combine([_folder, .. path]);

    /// <summary>Runs a built project.</summary>
    /// <returns>Its lines of output.</returns>
    public async Task<string[]> RunAsync(string project, params string[] arguments)
    {
        var output = await Dotnet.RunAsync(_folder, [At(project, "bin", "Release", "net10.0", $"{project}.dll"), .. arguments]);
        return output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    // Cambium.Serving depends on packages of Microsoft.Extensions. The build of this repository restored it, so the tests need no network.
    private string NuGetConfig() => $"""
        <configuration>
          <packageSources>
            <clear />
            <add key="packages" value="{packages.Feed}" />
          </packageSources>
          <fallbackPackageFolders>
            <clear />
            <add key="restored" value="{RestoredPackages()}" />
          </fallbackPackageFolders>
        </configuration>
        """;

    private static string RestoredPackages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private void Copy(string source, string target)
    {
        var folder = Directory.CreateDirectory(At(target)).FullName;
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    // Replaces the references to projects of this repository, as the README of the example tells its users.
    private static void ReferToPackages(string project)
    {
        static string Package(string id) => $"""<PackageReference Include="{id}" Version="{Packages.Version}" />""";
        const string import = """<Import Project="../../src/Cambium/Cambium.InRepo.props" />""";
        var text = File.ReadAllText(project).Replace(import, $"<ItemGroup>{Package("Cambium")}</ItemGroup>", StringComparison.Ordinal);
        text = ProjectReferences().Replace(text, static match => Package(match.Groups["id"].Value));
        Assert.DoesNotContain("../../src", text, StringComparison.Ordinal);
        File.WriteAllText(project, text);
    }

    [GeneratedRegex("""<ProjectReference Include="../../src/(?<id>[\w.]+)/[\w.]+\.csproj" />""")]
    private static partial Regex ProjectReferences();
}
