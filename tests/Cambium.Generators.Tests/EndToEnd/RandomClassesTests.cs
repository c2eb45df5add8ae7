using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Random classes. <c>CAMBIUM_RANDOM_CLASSES=1000 dotnet test ..</c> tries that many from a seed of the day.</summary>
public sealed class RandomClassesTests
{
    public static TheoryData<int> Seeds
    {
        get
        {
            if (int.TryParse(Environment.GetEnvironmentVariable("CAMBIUM_RANDOM_CLASS"), out var one))
                return [one];
            var more = int.TryParse(Environment.GetEnvironmentVariable("CAMBIUM_RANDOM_CLASSES"), out var count) ? count : 0;
            var first = more > 0 ? (int)DateTime.UtcNow.Date.Ticks & 0xffffff : 0;

            // Two former failures: a product with one column whose result is read in place.
            return [7733638, 7733435, .. Enumerable.Range(first, more > 0 ? more : 16)];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_random_class_gives_the_expected_result(int seed)
    {
        var random = new RandomClass(seed);
        if (WhyWrong(random) is not { } why)
            return;

        // The message contains the smallest failing class that shrinking found.
        var smallest = Shrinking.Shrink(seed, static candidate => WhyWrong(candidate) is not null, attempts: 300);
        Assert.Fail(
            $"{why} Replay: CAMBIUM_RANDOM_CLASS={seed} dotnet test tests/Cambium.Generators.Tests --filter RandomClasses. "
                + $"Shrunk ({WhyWrong(smallest)}):\n{smallest.Source}");
    }

    [Fact]
    public void A_failure_shrinks_to_a_small_class()
    {
        static bool Fails(RandomClass candidate) => candidate.Source.Contains("MatMul", StringComparison.Ordinal);
        var seed = Enumerable.Range(0, 300)
            .Where(static seed => Fails(new RandomClass(seed)))
            .MaxBy(static seed => Statements(new RandomClass(seed)));
        var smallest = Shrinking.Shrink(seed, Fails, attempts: 100_000);

        Assert.True(Fails(smallest));
        Assert.True(
            Statements(smallest) <= 6 && Statements(new RandomClass(seed)) > 10,
            $"{Statements(new RandomClass(seed))} statements became {Statements(smallest)}:\n{smallest.Source}");

        static int Statements(RandomClass random) =>
            random.Source.Split('\n').Count(static line => line.Contains(" = ", StringComparison.Ordinal) && !line.Contains('['));
    }

    [Fact]
    public void Random_classes_contain_every_construct()
    {
        var sources = Enumerable.Range(0, 60).Select(static seed => new RandomClass(seed).Source).ToList();
        foreach (var form in new[] { ": Base", "var (", "var ((", "Step0(", "return (", "(Tensor, int)", "if (Place == 1)", "for (var i",
            "Scales[Place]", "switch {", "Kinds[Place]", "Part.Scaled", "foreach (", "score: (", "visible: at", "? ", "RmsNorm(", "Attend(", "Deep" })
            Assert.True(sources.Any(source => source.Contains(form, StringComparison.Ordinal)), form);
    }

    /// <summary>The error of the built class; null if it is within the tolerance.</summary>
    private static string? WhyWrong(RandomClass random)
    {
        int[] shared = [.. Enumerable.Range(0, 35).Select(i => (i * 7) % random.Vocab)];
        IReadOnlyList<int[]> sequences = [[.. shared, 1, 2], [.. shared, 0], [3]];
        try
        {
            using var model = BuiltModel.Build([random.Source], random.Config);
            var expected = random.Evaluate(sequences, model.Weight);
            var options = new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 11, MaxSequences = 4 };

            // Against both the class's own expectation and the interpreter.
            var (byMaker, byInterpreter) =
                (model.LargestError(options, sequences, expected, 1e-3), model.LargestError(options, sequences, tolerance: 1e-3));
            return byMaker is > 1e-12 and < 1 && byInterpreter is > 1e-12 and < 1
                ? null
                : $"Off by {byMaker} of the tolerance by its maker, by {byInterpreter} by the interpreter.";
        }
        catch (Exception error)
        {
            return error.Message;
        }
    }
}
