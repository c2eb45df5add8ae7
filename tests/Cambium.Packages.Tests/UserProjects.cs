
namespace Cambium.Packages.Tests;

/// <summary>Projects of users, outside of the repository, whose only source is the folder with the packages: restored and built once for all tests.</summary>
public sealed class UserProjects(Packages packages) : IAsyncLifetime
{
    private string _folder = "";

    public async Task InitializeAsync()
    {
        _folder = packages.NewFolder("users");
        await File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), NuGetConfig());
        // What a new project has by itself, but for the folder of restored packages: not the machine's own, where nothing of this should stay.
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
        Copy(Path.Combine(projects, "Alder"));
        Copy(Path.Combine(projects, "Serving"));
        Copy(Path.Combine(Repository.Root, "examples", "YourModel"));
        ReferToThePackage(Path.Combine(_folder, "YourModel", "YourModel.csproj"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "Users.slnx"), """<Solution><Project Path="Alder/Alder.csproj" /><Project Path="Serving/Serving.csproj" /><Project Path="YourModel/YourModel.csproj" /></Solution>""");
        await Dotnet.RunAsync(_folder, ["build", "Users.slnx", "-c", "Release", "--nologo", "-v", "q", "-nodeReuse:false"]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A folder or file beside the projects.</summary>
    public string At(params IReadOnlyList<string> path) => Path.Combine([_folder, .. path]);

    /// <summary>Runs what was built.</summary>
    /// <returns>Its lines of output.</returns>
    public async Task<string[]> RunAsync(string project, params string[] arguments) =>
        (await Dotnet.RunAsync(_folder, [At(project, "bin", "Release", "net10.0", $"{project}.dll"), .. arguments])).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private string NuGetConfig() => $"""
        <configuration>
          <packageSources>
            <clear />
            <add key="packages" value="{packages.Feed}" />
          </packageSources>
        </configuration>
        """;

    private void Copy(string project)
    {
        var folder = Directory.CreateDirectory(At(Path.GetFileName(project))).FullName;
        foreach (var file in Directory.EnumerateFiles(project))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    // As its README tells people who copy the example.
    private static void ReferToThePackage(string project)
    {
        const string import = """<Import Project="../../src/Cambium/Cambium.InRepo.props" />""";
        var text = File.ReadAllText(project);
        Assert.Contains(import, text, StringComparison.Ordinal);
        File.WriteAllText(project, text.Replace(import, $"""<ItemGroup><PackageReference Include="Cambium" Version="{Packages.Version}" /></ItemGroup>""", StringComparison.Ordinal));
    }
}
