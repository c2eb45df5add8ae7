using System.Text.Json.Nodes;
using Xunit;

namespace Cambium.Cli.Tests;

public sealed class VerifyTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("qwen2")]
    [InlineData("unigram")]
    public async Task A_tokenizer_agrees_with_the_reference(string name)
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository($"tokenizers/{name}"));
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains("All 135 texts agree", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_different_text_is_reported_with_both_values()
    {
        var tokenizer = Tokenizer("gpt2", static cases =>
        {
            cases[2]!["ids"]![0] = 1;
            cases[3]!["decoded"] = "something else";
        });
        var run = await ToolRun.Of("verify", tokenizer);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cases[2] \"Hello\": ids is [40, 448, 79], expected [1, 448, 79].", run.Out, StringComparison.Ordinal);
        Assert.Contains("decoded is ", run.Out, StringComparison.Ordinal);
        Assert.Contains("expected \"something else\".", run.Out, StringComparison.Ordinal);
        Assert.Contains("2 of 135 texts differ.", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "is a JSON Object")]
    [InlineData("[1]", "case 0 has no 'text'")]
    [InlineData("[{\"text\": \"a\"}]", "no case with 'ids'")]
    [InlineData("[{\"text\": \"a\", \"ids\": [1.5]}]", "no list of ids as 'ids'")]
    [InlineData("[{\"text\": \"\\ud800\"}]", "is not valid JSON")]
    [InlineData("[", "is not valid JSON")]
    public async Task Invalid_cases_are_refused(string json, string problem)
    {
        var tokenizer = Tokenizer("gpt2", static _ => { });
        await File.WriteAllTextAsync(Path.Combine(tokenizer, "cases.json"), json);
        var run = await ToolRun.Of("verify", tokenizer);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cases.json: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
    }

    private string Tokenizer(string name, Action<JsonNode> change)
    {
        var folder = _folder.Copy(Fixtures.InRepository($"tokenizers/{name}"));
        var path = Path.Combine(folder, "cases.json");
        var cases = JsonNode.Parse(File.ReadAllText(path))!;
        change(cases);
        File.WriteAllText(path, cases.ToJsonString());
        return folder;
    }
}
