using System.Globalization;

namespace Cambium.Packages.Tests;

[Collection(PackagesCollection.Name)]
public sealed class UseTests(Packages packages, UserProjects users) : IClassFixture<UserProjects>
{
    [Fact]
    public async Task A_users_class_with_a_packaged_block_matches_a_double_reference()
    {
        int[] tokens = [3, 0, 10, 7, 7, 1, 9];
        var checkpoint = new AlderCheckpoint(seed: 5);
        checkpoint.Write(users.At("checkpoint"));

        var ids = tokens.Select(static token => token.ToString(CultureInfo.InvariantCulture));
        var lines = await users.RunAsync("Alder", [users.At("checkpoint"), .. ids]);

        var expected = checkpoint.Logits(tokens);
        Assert.Equal(expected.Length, lines.Length);
        for (var t = 0; t < tokens.Length; t++)
        {
            var actual = Array.ConvertAll(lines[t].Split(' '), static text => double.Parse(text, CultureInfo.InvariantCulture));
            Assert.Equal(expected[t].Length, actual.Length);
            Assert.All(actual.Zip(expected[t]), static pair =>
                Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-4 + (1e-4 * Math.Abs(pair.Second))));
        }
    }

    [Fact]
    public void Kernels_and_report_are_in_the_documented_folder()
    {
        var names = Directory.EnumerateFiles(users.At("Alder", "obj", "generated"), "*.cs", SearchOption.AllDirectories)
            .Select(static path => Path.GetFileName(path)!);
        Assert.Superset(new HashSet<string> { "Alder.Tree.Program.g.cs", "Alder.Tree.Report.g.cs", "Alder.Tree.Surface.g.cs" }, names.ToHashSet());
    }

    [Fact]
    public async Task The_model_example_runs_from_the_package() =>
        Assert.Contains("alone and together: the same tokens", await users.RunAsync("YourModel"));

    [Fact]
    public async Task The_chat_example_runs_from_the_packages() => Assert.Equal(["red"], await users.RunAsync("Chat"));

    [Fact]
    public void The_code_of_the_pages_compiles()
    {
        Assert.True(File.Exists(users.At("Pages", "bin", "Release", "net10.0", "Pages.dll")));
        // Six blocks of package pages, four of the runtime.
        Assert.Contains("Page9", File.ReadAllText(users.At("Pages", "Pages.cs")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_that_serves_a_model_needs_one_package()
    {
        var tokens = Assert.Single(await users.RunAsync("Serving", Fixtures.InRepository("llama-linear-rope")));
        Assert.Matches(@"^\d+( \d+){4}$", tokens);
    }

    [Fact]
    public void Only_a_project_with_models_gets_the_global_usings()
    {
        string Usings(string project) => File.ReadAllText(users.At(project, "obj", "Release", "net10.0", $"{project}.GlobalUsings.g.cs"));
        Assert.Contains("global using static Cambium.Operations", Usings("Alder"), StringComparison.Ordinal);
        Assert.DoesNotContain("Cambium", Usings("Serving"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_installed_tool_verifies_a_recorded_checkpoint()
    {
        var tools = packages.NewFolder("tools");
        await Dotnet.RunAsync(
            users.At(),
            ["tool", "install", "Cambium.Cli", "--version", Packages.Version, "--tool-path", tools, "--configfile", users.At("nuget.config")]);
        var cambium = Path.Combine(tools, OperatingSystem.IsWindows() ? "cambium.exe" : "cambium");
        Assert.Equal(Packages.Version, (await Dotnet.RunAsync(cambium, tools, ["--version"])).Trim());
        var verified = await Dotnet.RunAsync(cambium, tools, ["verify", Fixtures.InRepository("llama-linear-rope")]);
        Assert.Contains("All 5 sequences agree", verified, StringComparison.Ordinal);

        // A class of the user's own, in a project that the tool builds.
        int[] ids = [3, 0, 10, 7, 7, 1, 9];
        var checkpoint = new AlderCheckpoint(seed: 6);
        checkpoint.Write(users.At("own"));
        checkpoint.WriteExpected(users.At("own", "expected.safetensors"), ids);
        var own = await Dotnet.RunAsync(cambium, tools, ["verify", users.At("own"), "--model", users.At("Alder", "Alder.csproj")]);
        Assert.Contains("The sequence agrees", own, StringComparison.Ordinal);
    }
}
