
namespace Cambium.Examples.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public void Every_line_of_the_readme_is_in_an_example()
    {
        var examples = Directory.EnumerateFiles(Path.Combine(Repository.Root, "examples"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines).Select(static line => line.Trim()).ToHashSet(StringComparer.Ordinal);

        var code = Code(Path.Combine(Repository.Root, "README.md")).ToArray();

        Assert.True(code.Length > 30, $"Only {code.Length} lines of code were found in the README.");
        Assert.All(code, line => Assert.True(examples.Contains(line), $"In the README and in no example: {line}"));
    }

    private static IEnumerable<string> Code(string path)
    {
        var inside = false;
        foreach (var line in File.ReadLines(path).Select(static line => line.Trim()))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line == "```csharp";
            else if (inside && line is not ("" or "// ..."))
                yield return line;
        }
    }
}
