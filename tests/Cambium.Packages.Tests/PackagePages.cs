using System.Text;
using System.Text.RegularExpressions;

namespace Cambium.Packages.Tests;

/// <summary>Collects the C# blocks of package pages and of the READMEs of the runtime in one source file, which a user project compiles.</summary>
internal static partial class PackagePages
{
    // The pages leave these declarations to the reader.
    private const string Supplement = """
        [Block]
        public sealed partial class TinyBlock
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Weight("w", "Hidden, Hidden")] public partial Tensor W { get; }
            public Tensor Forward(Tensor x) => x + Linear(x, W);
        }

        public enum Mood { Happy, Sad }

        """;

    // Names that statements may use without a declaration.
    private static readonly (string Name, string Type)[] Variables = [("model", "CompiledModel"), ("engine", "Engine"),
        ("cancellation", "CancellationToken")];

    /// <summary>The pages: each PACKAGE.md, and the READMEs of the runtime.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        .. SourceCopy.Packable.Select(static project => Repository.At(Path.GetDirectoryName(project)!, "PACKAGE.md")),
        .. Directory.EnumerateFiles(Repository.At("runtime"), "README.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal),
    ];

    /// <summary>One source file for the given pages.</summary>
    /// <param name="pages">Texts of Markdown files.</param>
    public static string Source(IEnumerable<string> pages)
    {
        var usings = new SortedSet<string>(StringComparer.Ordinal) { "using Cambium.Constraints;" };
        var code = new StringBuilder(Supplement);
        var number = 0;
        foreach (var block in pages.SelectMany(static page => Blocks().Matches(page.ReplaceLineEndings("\n"))))
        {
            var lines = block.Groups["code"].Value.Split('\n');
            usings.UnionWith(lines.Where(static line => UsingDirective().IsMatch(line)));
            code.AppendLine(Member(string.Join('\n', lines.Where(static line => !UsingDirective().IsMatch(line))), number++));
        }

        return $"{string.Join('\n', usings)}\n\nnamespace Pages;\n\n{code}";
    }

    // A block is a class, a property of a block class, or statements.
    private static string Member(string block, int number)
    {
        if (block.StartsWith("[Model", StringComparison.Ordinal))
            return block;
        if (block.StartsWith("[Block(\"mlp\")]", StringComparison.Ordinal))
            return $"[Block]\npublic sealed partial class Block{number}\n{{\n{block}\npublic Tensor Forward(Tensor x) => x + Mlp.Forward(x);\n}}\n";
        var parameters = Variables.Where(variable => Uses(block, variable.Name)).Select(static variable => $"{variable.Type} {variable.Name}");
        return $$"""
            internal static class Page{{number}}
            {
                public static async Task RunAsync({{string.Join(", ", parameters)}})
                {
                    await Task.Yield();
            {{block}}
                }
            }

            """;
    }

    private static bool Uses(string block, string name) =>
        Regex.IsMatch(block, $@"\b{name}\b") && !block.Contains($"var {name} ", StringComparison.Ordinal);

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^using [\w.]+;$")]
    private static partial Regex UsingDirective();
}
