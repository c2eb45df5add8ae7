using System.Globalization;

namespace Cambium.Packages.Tests;

[Collection(PackagesCollection.Name)]
public sealed class UseTests(Packages packages, UserProjects users) : IClassFixture<UserProjects>
{
    [Fact]
    public async Task A_class_of_ones_own_with_a_block_of_a_package_computes_what_doubles_do()
    {
        int[] tokens = [3, 0, 10, 7, 7, 1, 9];
        var checkpoint = new AlderCheckpoint(seed: 5);
        checkpoint.Write(users.At("checkpoint"));

        var lines = await users.RunAsync("Alder", [users.At("checkpoint"), .. tokens.Select(static token => token.ToString(CultureInfo.InvariantCulture))]);

        var expected = checkpoint.Logits(tokens);
        Assert.Equal(expected.Length, lines.Length);
        for (var t = 0; t < tokens.Length; t++)
        {
            var actual = Array.ConvertAll(lines[t].Split(' '), static text => double.Parse(text, CultureInfo.InvariantCulture));
            Assert.Equal(expected[t].Length, actual.Length);
            Assert.All(actual.Zip(expected[t]), static pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-4 + (1e-4 * Math.Abs(pair.Second))));
        }
    }

    [Fact]
    public void Kernels_and_report_lie_where_the_readme_says()
    {
        var names = Directory.EnumerateFiles(users.At("Alder", "obj", "generated"), "*.cs", SearchOption.AllDirectories).Select(static path => Path.GetFileName(path)!);
        Assert.Superset(new HashSet<string> { "Alder.Tree.Program.g.cs", "Alder.Tree.Report.g.cs", "Alder.Tree.Surface.g.cs" }, names.ToHashSet());
    }

    [Fact]
    public async Task The_example_runs_as_it_is_from_the_package() => Assert.Contains("alone and together: the same tokens", await users.RunAsync("YourModel"));

    [Fact]
    public async Task A_project_that_only_serves_a_model_needs_no_more_than_the_models()
    {
        var tokens = Assert.Single(await users.RunAsync("Serving", Fixtures.InRepository("llama-linear-rope")));
        Assert.Matches(@"^\d+( \d+){4}$", tokens);
    }

    [Fact]
    public void A_project_that_only_serves_a_model_gets_no_names_of_operations()
    {
        static string Usings(string file) => File.ReadAllText(file);
        Assert.Contains("global using static Cambium.Operations", Usings(users.At("Alder", "obj", "Release", "net10.0", "Alder.GlobalUsings.g.cs")), StringComparison.Ordinal);
        Assert.DoesNotContain("Cambium", Usings(users.At("Serving", "obj", "Release", "net10.0", "Serving.GlobalUsings.g.cs")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tool_is_installed_by_its_package_and_agrees_with_a_recorded_checkpoint()
    {
        var tools = packages.NewFolder("tools");
        await Dotnet.RunAsync(users.At(), ["tool", "install", "Cambium.Cli", "--version", Packages.Version, "--tool-path", tools, "--configfile", users.At("nuget.config")]);
        var cambium = Path.Combine(tools, OperatingSystem.IsWindows() ? "cambium.exe" : "cambium");
        Assert.Equal(Packages.Version, (await Dotnet.RunAsync(cambium, tools, ["--version"])).Trim());
        Assert.Contains("All 5 sequences agree", await Dotnet.RunAsync(cambium, tools, ["verify", Fixtures.InRepository("llama-linear-rope")]), StringComparison.Ordinal);
    }
}
