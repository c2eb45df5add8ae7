using System.Globalization;
using System.Text.Json;

namespace Cambium.Examples.Tests;

public sealed class QuickstartTests(QuickstartTests.Quickstart quickstart) : IClassFixture<QuickstartTests.Quickstart>
{
    private readonly ExampleRun _run = quickstart.Run;

    [Fact]
    public void It_exits_with_0()
    {
        Assert.True(_run.ExitCode == 0, $"Exit code {_run.ExitCode}.\n{_run.Output}\n{_run.Error}");
        Assert.Equal("", _run.Error);
    }

    [Fact]
    public void It_answers_every_question_as_the_reference()
    {
        var path = Path.Combine(Repository.Root, "examples", "Quickstart", "exam.json");
        using var exam = JsonDocument.Parse(File.ReadAllText(path));
        var expected = exam.RootElement.GetProperty("questions").EnumerateArray().Select(Line).ToArray();

        Assert.Equal(32, expected.Length);
        Assert.Equal(expected, _run.Lines.Take(expected.Length));
        Assert.Contains("All answers are those of the reference.", _run.Lines);

        static string Line(JsonElement question)
        {
            string? Get(string name) => question.GetProperty(name).GetString();
            var (text, truth, answer) = (Get("text"), Get("truth"), Get("reference"));
            return $"{text} {answer}: {(answer == truth ? "right" : $"wrong, the answer is {truth}")}";
        }
    }

    [Fact]
    public void Sharing_saves_prompt_tokens_and_memory()
    {
        var (computed, cached, bytes) = (Row("prompt tokens computed"), Row("prompt tokens cached"), Row("KV cache at its peak"));

        // Without sharing, each of the 32 questions computes the register of about 1,500 tokens.
        Assert.True(computed[2] > 20 * computed[1], $"{computed[1]} and {computed[2]} tokens computed");
        Assert.Equal(0, cached[2]);
        Assert.Equal(computed[2], computed[1] + cached[1]);
        Assert.True(bytes[1] < bytes[2], $"{bytes[1]} and {bytes[2]} MiB");
    }

    [Fact]
    public void Two_phase_attention_reads_fewer_chunks()
    {
        var (chunks, tokens) = (Row("chunks read by attention"), Row("tokens generated"));

        Assert.True(chunks[0] < chunks[1], $"{chunks[0]} and {chunks[1]} chunks");
        Assert.Equal(2048, tokens[0]);
        Assert.Contains("All three generated the same 2,048 tokens.", _run.Lines);
    }

    [Theory]
    [InlineData("prompt tokens computed", 0)]
    [InlineData("prompt tokens cached", 0)]
    [InlineData("KV cache at its peak", 0)]
    // Requests arrive while the first step runs, so that the count differs a little from run to run.
    [InlineData("chunks read by attention", 0.05)]
    public void The_table_of_the_front_page_has_the_figures_of_the_run(string name, double tolerance)
    {
        var row = Assert.Single(File.ReadLines(Repository.At("README.md")), line => line.StartsWith($"| {name} |", StringComparison.Ordinal));

        Assert.All(
            Row(name).Zip(Figures(row[(name.Length + 2)..])),
            pair => Assert.InRange(pair.First, pair.Second * (1 - tolerance), pair.Second * (1 + tolerance)));
    }

    [Fact]
    public void A_pipe_gets_no_escape_sequences() => Assert.DoesNotContain('\e', _run.Output);

    // The figures of a row of the comparison: two-phase, shared, alone.
    private double[] Row(string name)
    {
        var line = Assert.Single(_run.Lines, line => line.StartsWith(name, StringComparison.Ordinal));
        return Figures(line[name.Length..]);
    }

    private static double[] Figures(string line)
    {
        var figures = line.Replace("MiB", "", StringComparison.Ordinal).Split([' ', '|'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, figures.Length);
        return [.. figures.Select(static figure => double.Parse(figure, NumberStyles.Number, CultureInfo.InvariantCulture))];
    }

    /// <summary>One run for all tests.</summary>
    public sealed class Quickstart : IAsyncLifetime
    {
        public ExampleRun Run { get; private set; } = null!;

        public async Task InitializeAsync() => Run = await ExampleRun.Start("Quickstart");

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
