using System.Text.RegularExpressions;

namespace Cambium.Examples.Tests.Documentation;

public sealed partial class LanguageTests
{
    private const int PageWidth = 120;
    private const int CodeWidth = 150;

    // The rule in the contributors' guide and this test name the words.
    private static readonly string[] Exempt = ["CONTRIBUTING.md", "tests/Cambium.Examples.Tests/Documentation/LanguageTests.cs"];

    // Tables of the Unicode Character Database.
    private static readonly string[] GeneratedTables =
    [
        "runtime/Cambium.Text/Unicode/CompatibilityData.cs",
        "runtime/Cambium.Text/Unicode/NormalizationData.cs",
    ];

    [Fact]
    public void Pages_wrap_at_120_characters_and_their_code_at_150()
    {
        var wide = new List<string>();
        foreach (var page in Documents.Pages)
        {
            var isCode = false;
            foreach (var (index, line) in Documents.Lines(page).Index())
            {
                if (line.StartsWith("```", StringComparison.Ordinal))
                    isCode = !isCode;
                var isTableOrLink =
                    line.StartsWith('|') || line.Contains("](", StringComparison.Ordinal) || line.Contains("https://", StringComparison.Ordinal);
                if (line.Length > (isCode ? CodeWidth : PageWidth) && !isTableOrLink)
                    wide.Add($"{page}:{index + 1} has {line.Length} characters");
            }
        }

        Assert.True(wide.Count == 0, string.Join('\n', wide));
    }

    [Fact]
    public void Code_wraps_at_150_characters()
    {
        string[] wide =
        [
            .. from file in Documents.Files
               where file.EndsWith(".cs", StringComparison.Ordinal) && !GeneratedTables.Contains(file)
               from line in Documents.Lines(file).Index()
               where line.Item.Length > CodeWidth
               select $"{file}:{line.Index + 1} has {line.Item.Length} characters",
        ];
        Assert.True(wide.Length == 0, string.Join('\n', wide));
    }

    [Fact]
    public void Few_lines_have_banned_words()
    {
        string[] found =
        [
            .. from file in Documents.Files
               where (file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".md", StringComparison.Ordinal)) && !Exempt.Contains(file)
               from line in Documents.Lines(file).Index()
               where Words().IsMatch(line.Item)
               select $"{file}:{line.Index + 1}: {line.Item.Trim()}",
        ];
        Assert.True(found.Length < 60, $"{found.Length} lines:\n{string.Join('\n', found)}");
    }

    [GeneratedRegex(@"\b(nobody|somebody|whoever|whatever|is no|are no|behind|beside)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
