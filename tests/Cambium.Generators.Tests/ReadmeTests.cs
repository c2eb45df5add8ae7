using System.Globalization;
using System.Text.RegularExpressions;
using Cambium.Compiler.Ops;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Tests.EndToEnd;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The code in the documentation compiles.</summary>
public sealed class ReadmeTests
{
    // A block that the guide does not contain, and a model that uses every recipe, so that their shapes are checked.
    private const string More = """
        [Block]
        public sealed partial class TinyBlock
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Weight("w", "Hidden, Hidden")] public partial Tensor W { get; }
            public Tensor Forward(Tensor x) => x + Linear(x, W);
        }

        [Model]
        public sealed partial class Cook
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_heads")] public partial int Heads { get; }
            [Dim("head_dim")] public partial int HeadDim { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Weight("embed", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("up", "Heads * HeadDim, Hidden")] public partial Tensor Up { get; }
            [Weight("down", "Hidden, Heads * HeadDim")] public partial Tensor Down { get; }
            [Weight("back", "Hidden, HeadDim")] public partial Tensor Back { get; }
            [Weight("rotated", "Hidden, Heads * 2 * HeadDim")] public partial Tensor Rotated { get; }
            [Blocks("recipes.{i}", Count = "2")] public partial BlockStack<Recipes> Stack { get; }
            [Block("last")] public partial TanhLayer Last { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                foreach (var recipes in Stack)
                {
                    x = x + recipes.Learned(tokens) + recipes.Sines(tokens);
                    x = recipes.Clipped(recipes.Chosen(recipes.Folded(recipes.Norms(recipes.Bias(x)))));
                    x = Linear(recipes.PerHead(x), Down);
                    var q = Reshape(Linear(x, Up), Heads, HeadDim);
                    x = x + Linear(recipes.Pooled(q), Back)
                        + Linear(Reshape(recipes.PartlyRotated(q), Heads * 2 * HeadDim), Rotated)
                        + Linear(Reshape(recipes.Mixed(q, q), Heads * HeadDim), Down);
                    var attended = recipes.Alibi(q, q, q) + recipes.Capped(q, q, q) + recipes.WithSinks(q, q, q);
                    attended = attended + recipes.Masked(q, q, q) + recipes.Bidirectional(q, q, q);
                    x = x + Linear(Reshape(attended, Heads * HeadDim), Down);
                }

                return Linear(Last.Forward(x), Embedding);
            }
        }
        """;

    [Fact]
    public void All_code_of_the_authoring_guide_compiles()
    {
        var (classes, uses) = (new List<string>(), new List<string>());
        foreach (var code in Blocks(Path.Combine(Repository.Root, "src", "Cambium", "README.md")))
        {
            // Code that uses models follows a class in its block, or is a block of its own.
            var use = code.IndexOf("using var", StringComparison.Ordinal);
            if (use != 0)
                classes.Add(use < 0 ? code : code[..use]);
            if (use >= 0)
                uses.Add("{ " + code[use..] + " }");
        }

        Assert.Equal((7, 3), (classes.Count, uses.Count));
        // In one file, directives come before all classes.
        const string directive = "using Cambium.Checkpoints;\n";
        Verify.Clean(
            directive + string.Join("\n", classes).Replace(directive, "", StringComparison.Ordinal) + "\n" + More,
            "using Cambium.Runtime; "
                + "static class Use { static async Task Run(int[] ids, int[] types) { await Task.Yield();\n" + string.Join("\n", uses) + " } }");
    }

    [Fact]
    public void The_recipes_of_the_authoring_guide_give_the_interpreters_result()
    {
        string[] recipes =
            [.. Blocks(Path.Combine(Repository.Root, "src", "Cambium", "README.md")).Where(static code =>
                code.Contains("class Recipes", StringComparison.Ordinal) || code.Contains("class TanhLayer", StringComparison.Ordinal))];
        Assert.Equal(2, recipes.Length);
        var cook = More[More.IndexOf("[Model]", StringComparison.Ordinal)..].Replace(
            "return Linear(Last.Forward(x), Embedding);",
            "return Linear(RmsNorm(Last.Forward(x), 1e-5f), Embedding);",
            StringComparison.Ordinal);
        using var model = BuiltModel.Build([cook, .. recipes], new()
        {
            ["hidden_size"] = 18,
            ["num_heads"] = 3,
            ["head_dim"] = 6,
            ["vocab_size"] = 41,
            ["window"] = 5,
            ["act"] = "relu2",
            ["max_position_embeddings"] = 64,
        }, scale: 0.2);
        Assert.InRange(
            model.LargestErrorOfEncoder([[.. Enumerable.Range(0, 35).Select(static i => (i * 29) % 41)], [7], [3, 1, 4]], tolerance: 1e-3),
            1e-9,
            1);
    }

    private static IEnumerable<string> Blocks(string page) =>
        File.ReadAllText(page).ReplaceLineEndings("\n").Split("```csharp\n").Skip(1)
            .Select(static rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]);

    [Fact]
    public void The_authoring_guide_names_every_operation()
    {
        var guide = File.ReadAllText(Path.Combine(Repository.Root, "src", "Cambium", "README.md"));
        var operators = new[] { "Add", "Subtract", "Multiply", "Divide", "Negate", "Gather", "Shift" };
        var missing = OpCatalog.All
            .Select(static op => op.Method)
            .OfType<string>()
            .Except(operators)
            .Where(name => !Regex.IsMatch(guide, $@"\b{name}\b"));
        Assert.Empty(missing);
    }

    [Fact]
    public void The_authoring_guide_describes_every_attribute()
    {
        var guide = File.ReadAllText(Path.Combine(Repository.Root, "src", "Cambium", "README.md"));
        var attributes = typeof(ModelAttribute).Assembly
            .GetExportedTypes()
            .Where(static type => type.IsSubclassOf(typeof(Attribute)) && type != typeof(BlockSpecAttribute));
        Assert.All(attributes, type => Assert.Contains($"`[{type.Name[..^"Attribute".Length]}", guide, StringComparison.Ordinal));
    }

    [Fact]
    public void The_table_of_diagnostics_equals_the_descriptors()
    {
        var rows = File.ReadAllLines(Path.Combine(Repository.Root, "generators", "Cambium.Generators", "README.md"))
            .Where(static line => line.StartsWith("| [CMB", StringComparison.Ordinal));
        Assert.Equal(
            Descriptors.All.OrderBy(static descriptor => descriptor.Id, StringComparer.Ordinal)
                .Select(static descriptor =>
                    $"| [{descriptor.Id}](Diagnostics/Pages/{descriptor.Id}.md) | {descriptor.Title.ToString(CultureInfo.InvariantCulture)} |"),
            rows.Select(static row => row[..(row.LastIndexOf('|', row.LastIndexOf('|') - 1) + 1)]));
    }

    [Fact]
    public void The_model_of_the_example_compiles() =>
        Verify.Clean(File.ReadAllText(Path.Combine(Repository.Root, "examples", "YourModel", "Larch.cs")));

    [Fact]
    public void The_excerpts_of_the_example_are_in_its_code()
    {
        var folder = Path.Combine(Repository.Root, "examples", "YourModel");
        var generation = Verify.Clean(File.ReadAllText(Path.Combine(folder, "Larch.cs")));
        var known = File.ReadAllText(Path.Combine(folder, "Larch.cs"))
            + string.Concat(generation.Result.GeneratedSources.Select(static source => source.SourceText.ToString()));
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
