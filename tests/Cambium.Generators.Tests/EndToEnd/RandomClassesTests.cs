using Cambium.Runtime.Engine;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Classes that nobody wrote. <c>CAMBIUM_RANDOM_CLASSES=1000 dotnet test ..</c> tries that many from a seed of the day.</summary>
public sealed class RandomClassesTests
{
    public static TheoryData<int> Seeds
    {
        get
        {
            var more = int.TryParse(Environment.GetEnvironmentVariable("CAMBIUM_RANDOM_CLASSES"), out var count) ? count : 0;
            var first = more > 0 ? (int)DateTime.UtcNow.Date.Ticks & 0xffffff : 0;

            // Two that once failed: a product of one column that others read as it is.
            return [7733638, 7733435, .. Enumerable.Range(first, more > 0 ? more : 16)];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_random_class_computes_what_its_maker_says(int seed)
    {
        var random = new RandomClass(seed);
        int[] shared = [.. Enumerable.Range(0, 35).Select(i => (i * 7) % random.Vocab)];
        IReadOnlyList<int[]> sequences = [[.. shared, 1, 2], [.. shared, 0], [3]];
        using var model = BuiltModel.Build([random.Source], random.Config);
        var expected = random.Evaluate(sequences, model.Weight);
        var options = new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 11, MaxSequences = 4 };

        // Both what the maker computed and what the interpreter says of the graph.
        var (byMaker, byInterpreter) = (model.LargestError(options, sequences, expected, 1e-3), model.LargestError(options, sequences, tolerance: 1e-3));
        Assert.True(byMaker is > 1e-12 and < 1 && byInterpreter is > 1e-12 and < 1, $"Off by {byMaker} of the tolerance by its maker, by {byInterpreter} by the interpreter:\n{random.Source}");
    }
}
