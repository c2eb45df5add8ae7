using System.Text;
using System.Text.RegularExpressions;

namespace Cambium.Packages.Tests;

/// <summary>Collects the C# blocks of all package pages in one source file, so that a build of a user project checks them.</summary>
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

        """;

    /// <summary>One source file for the given pages.</summary>
    /// <param name="pages">Texts of PACKAGE.md files.</param>
    public static string Source(IEnumerable<string> pages)
    {
        var usings = new SortedSet<string>(StringComparer.Ordinal);
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
        var parameters = block.Contains("var model", StringComparison.Ordinal) ? "" : "CompiledModel model";
        return $"internal static class Page{number}\n{{\npublic static async Task RunAsync({parameters})\n{{\n{block}\n}}\n}}\n";
    }

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^using [\w.]+;$")]
    private static partial Regex UsingDirective();
}
