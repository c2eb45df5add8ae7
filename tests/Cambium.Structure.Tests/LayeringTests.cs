using Xunit;

namespace Cambium.Structure.Tests;

/// <summary>The check itself, on sample files.</summary>
public sealed class LayeringTests
{
    private const string High = """
        namespace Sample.High;

        public class Tower { public int Height; public static Tower Default => new(); }
        public class TallAttribute : System.Attribute;
        public record Floor(int Number);
        public static class Extensions { public static int Twice(this int number) => 2 * number; }
        """;

    private static readonly Layering Sample = new([], ["code/Low", "code/High"]);

    [Theory]
    [InlineData("class Cellar { Sample.High.Tower? _tower; }", "Tower")]
    [InlineData("class Cellar\n{ }\n[Tall] class Room;", "TallAttribute", 4)]
    [InlineData("class Cellar { object Up => Tower.Default; }", "Tower")]
    [InlineData("class Cellar { int Up(int n) => n.Twice(); }", "Twice")]
    [InlineData("class Cellar { int Up() => H(default!); static int H(global::Sample.High.Floor floor) => floor.Number; }", "Floor")]
    [InlineData("class Cellar<T> where T : Tower;", "Tower")]
    public void An_upward_reference_is_an_error(string low, string symbol, int line = 2)
    {
        var errors = Sample.Errors([("code/Low/Cellar.cs", $"using Sample.High;\n{low}"), ("code/High/Tower.cs", High)]);
        Assert.Contains(errors, error => error.StartsWith($"code/Low/Cellar.cs({line}) uses ", StringComparison.Ordinal)
            && error.Contains(symbol, StringComparison.Ordinal)
            && error.EndsWith("of code/High/Tower.cs, but code/Low is below code/High.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_downward_reference_is_allowed() =>
        Assert.Empty(Sample.Errors([("code/Low/Cellar.cs", "class Cellar;"), ("code/High/Tower.cs", "class Tower { Cellar? _below; }")]));

    [Fact]
    public void A_comment_is_not_a_reference() =>
        Assert.Empty(Sample.Errors(
            [("code/Low/Cellar.cs", "/// <summary>Below <see cref=\"Sample.High.Tower\"/>.</summary>\nclass Cellar;"),
             ("code/High/Tower.cs", High)]));

    [Fact]
    public void A_known_upward_reference_is_allowed_while_it_exists()
    {
        var known = Sample with { Known = [new KnownUpward("code/Low", "code/High", "a test")] };
        Assert.Empty(known.Errors([("code/Low/Cellar.cs", "class Cellar { Sample.High.Tower? _tower; }"), ("code/High/Tower.cs", High)]));
        Assert.Contains("any more", Assert.Single(known.Errors([("code/Low/Cellar.cs", "class Cellar;"), ("code/High/Tower.cs", High)])));
    }

    [Fact]
    public void The_list_names_all_folders_and_only_those()
    {
        var errors = Sample.Errors([("code/Low/Cellar.cs", "class Cellar;"), ("code/Middle/Stairs.cs", "class Stairs;")]);
        Assert.Equal(
            ["code/Middle/Stairs.cs belongs to no layer: add its folder to the list.", "code/High has no files: remove it from the list."],
            errors);
    }

    [Fact]
    public void A_name_that_does_not_resolve_fails_the_check() =>
        Assert.Contains("Cellar.cs(1): Tower", Assert.Throws<InvalidOperationException>(
            () => Sample.Errors([("code/Low/Cellar.cs", "class Cellar { Tower? _tower; }"), ("code/High/Tower.cs", High)])).Message);
}
