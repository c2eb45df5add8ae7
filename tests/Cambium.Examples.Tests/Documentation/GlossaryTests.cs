using System.Text.RegularExpressions;

namespace Cambium.Examples.Tests.Documentation;

/// <summary>The glossary and the recipes of the contributors' guide have names that exist.</summary>
public sealed partial class GlossaryTests
{
    private const string Guide = "CONTRIBUTING.md";

    [Fact]
    public void Every_name_in_the_guide_is_a_name_of_the_code()
    {
        var code = string.Join('\n', Documents.Files.Where(static file => file.EndsWith(".cs", StringComparison.Ordinal))
            .Select(static file => File.ReadAllText(Repository.At(file))));
        string[] unknown =
        [
            .. from line in Documents.Prose(Guide)
               where line.Text.StartsWith("| ", StringComparison.Ordinal) && !line.Text.StartsWith("| `CAMBIUM_", StringComparison.Ordinal)
               from Match span in Span().Matches(line.Text)
               let name = span.Groups[1].Value.Split('<', '(')[0]
               where !IsPath(name) && !Regex.IsMatch(code, $@"\b{Regex.Escape(name)}\b")
               select $"{Guide}:{line.Number}: `{name}` is neither a name in the code nor a path. Correct the guide, or keep the name.",
        ];
        Assert.True(unknown.Length == 0, string.Join('\n', unknown));
    }

    [Fact]
    public void Every_term_is_in_the_glossary_once()
    {
        var lines = Documents.Lines(Guide);
        string[] terms =
        [
            .. lines.SkipWhile(static line => line != "## Glossary").Skip(1)
                .TakeWhile(static line => !line.StartsWith("## ", StringComparison.Ordinal))
                .Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
                .SelectMany(static line => line.Split('|')[1].Split(',')).Select(static term => term.Trim()),
        ];
        Assert.True(terms.Length > 40, $"{terms.Length} terms");
        Assert.Equal(terms.Distinct(StringComparer.OrdinalIgnoreCase), terms);
    }

    private static bool IsPath(string name)
    {
        var path = "/" + name.Trim('/');
        return Documents.Files.Select(static file => "/" + file)
            .Any(file => file.EndsWith(path, StringComparison.Ordinal) || file.Contains(path + "/", StringComparison.Ordinal));
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Span();
}
