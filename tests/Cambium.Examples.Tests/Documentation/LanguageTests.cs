using System.Text.RegularExpressions;

namespace Cambium.Examples.Tests.Documentation;

public sealed partial class LanguageTests
{
    private const int PageWidth = 120;

    // The rule in the contributors' guide and this test name the words.
    private static readonly string[] Exempt = ["CONTRIBUTING.md", "tests/Cambium.Examples.Tests/Documentation/LanguageTests.cs"];

    [Fact]
    public void Pages_wrap_at_120_characters()
    {
        var wide =
            from page in Documents.Pages
            from line in Documents.Lines(page).Index()
            where line.Item.Length > PageWidth && !line.Item.StartsWith('|') && !line.Item.Contains("](", StringComparison.Ordinal)
            select $"{page}:{line.Index + 1} has {line.Item.Length} characters";
        Assert.Empty(wide);
    }

    [Fact]
    public void Few_lines_have_words_that_hide_the_subject()
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
