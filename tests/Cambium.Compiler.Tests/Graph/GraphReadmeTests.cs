using System.Text.RegularExpressions;
using Cambium.Compiler.Graph;

namespace Cambium.Compiler.Tests.Graph;

/// <summary>The README of the graph: its examples are graphs, and its grammar has every keyword.</summary>
public sealed partial class GraphReadmeTests
{
    private static readonly string Readme =
        File.ReadAllText(Path.Combine(Repository.Root, "src", "Cambium.Compiler", "Graph", "README.md")).ReplaceLineEndings("\n");

    private static readonly string Grammar = Blocks("ebnf").Single();

    public static TheoryData<string> Examples => [.. Blocks("graph")];

    public static TheoryData<string> Keywords => [.. GraphParser.Keywords];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_is_valid_and_prints_as_written(string text)
    {
        var module = GraphParser.Parse(text);
        Verifier.Verify(module);
        Assert.Equal(text, ModuleText.Print(module));
    }

    [Theory]
    [MemberData(nameof(Keywords))]
    public void A_keyword_is_in_the_grammar(string keyword) => Assert.Contains($"\"{keyword}\"", Grammar, StringComparison.Ordinal);

    [Fact]
    public void A_word_of_the_grammar_is_a_keyword()
    {
        // Apart from marks such as "(" and the letters of numbers.
        var words = Words().Matches(Grammar).Select(static match => match.Groups[1].Value).Where(static word => word is not ("e" or "E" or "_"));
        Assert.All(words, static word => Assert.Contains(word, GraphParser.Keywords));
    }

    [Fact]
    public void Every_name_of_the_grammar_has_a_rule()
    {
        var rules = Rules().Matches(Grammar).Select(static match => match.Groups[1].Value).ToList();
        var formal = Grammar[..Grammar.IndexOf("word      =", StringComparison.Ordinal)];
        var names = Names().Matches(Quoted().Replace(formal, " ")).Select(static match => match.Value);
        Assert.All(names.Distinct().Except(["digits", "identifier"]), name => Assert.Contains(name, rules));
    }

    private static IEnumerable<string> Blocks(string language) =>
        Regex.Matches(Readme, $"^```{language}\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)
            .Select(static match => match.Groups[1].Value);

    [GeneratedRegex("\"([a-zA-Z0-9_.-]*[a-zA-Z_][a-zA-Z0-9_-]*)\"")]
    private static partial Regex Words();

    [GeneratedRegex("^([a-z]+) +=", RegexOptions.Multiline)]
    private static partial Regex Rules();

    [GeneratedRegex("[a-z]+")]
    private static partial Regex Names();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();
}
