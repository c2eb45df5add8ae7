using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>What the documentation shows is what the build accepts.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void The_first_model_of_the_authoring_guide_compiles()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "src", "Cambium", "README.md")).ReplaceLineEndings("\n");
        var start = text.IndexOf("```csharp\n", StringComparison.Ordinal) + "```csharp\n".Length;
        var code = text[start..text.IndexOf("```", start, StringComparison.Ordinal)];
        var model = code[..code.IndexOf("using var", StringComparison.Ordinal)];
        var use = code[code.IndexOf("using var", StringComparison.Ordinal)..];
        Verify.Clean(
            model + "[Block] public sealed partial class TinyBlock { [Dim(\"hidden_size\")] public partial int Hidden { get; } [Weight(\"w\", \"Hidden, Hidden\")] public partial Tensor W { get; } public Tensor Forward(Tensor x) => x + Linear(x, W); }",
            "using Cambium.Runtime.Engine; static class Use { static async Task Run() { " + use + " } }");
    }

    [Fact]
    public void The_model_of_the_example_compiles() =>
        Verify.Clean(File.ReadAllText(Path.Combine(Repository.Root, "examples", "YourModel", "Larch.cs")));

    [Fact]
    public void The_excerpts_of_the_example_are_in_its_class_and_in_its_program()
    {
        var folder = Path.Combine(Repository.Root, "examples", "YourModel");
        var generation = Verify.Clean(File.ReadAllText(Path.Combine(folder, "Larch.cs")));
        var known = File.ReadAllText(Path.Combine(folder, "Larch.cs")) + string.Concat(generation.Result.GeneratedSources.Select(static source => source.SourceText.ToString()));
        var lines = Lines(known);
        var readme = File.ReadAllText(Path.Combine(folder, "README.md")).ReplaceLineEndings("\n").Split("```");
        var shown = readme.Where(static (_, i) => i % 2 == 1).Where(static block => !block.Contains("dotnet run", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, shown.Count);
        foreach (var line in shown.SelectMany(static block => Lines(block[(block.IndexOf('\n') + 1)..])))
            Assert.Contains(line, lines);
    }

    private static HashSet<string> Lines(string text) =>
        [.. text.ReplaceLineEndings("\n").Split('\n').Select(static line => line.Trim().TrimStart('/').Trim()).Where(static line => line.Length > 0)];
}
