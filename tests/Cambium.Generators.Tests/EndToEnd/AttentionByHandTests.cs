using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Prefixes;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>
/// Lambdas of attention against the same conditions in ordinary C#: an error in reading a lambda would be in the interpreter's graph, too.
/// The model is attention over embeddings only.
/// </summary>
public sealed class AttentionByHandTests
{
    private const int Heads = 3;
    private const int Size = 5;
    private const double Scale = 1.5;

    private static readonly int[] Tokens = [.. Enumerable.Range(0, 301).Select(static i => ((i * 7) + (i / 6)) % 15)];

    /// <param name="Visible">The mask, a function of query, key and head.</param>
    /// <param name="Added">The addend of the score, a function of query, key, head and the table [32, heads].</param>
    /// <param name="Cap">Of the score, before the addend; 0 for none.</param>
    private sealed record Variant(string How, Func<int, int, int, bool> Visible,
        Func<int, int, int, double[], double>? Added = null, bool Sinks = false, double Cap = 0);

    private static readonly Variant[] Variants =
    [
        new("visible: at => at.Query - at.Key < 5 && at.Key > 2 || at.Key == 0", static (q, k, _) => k <= q && ((q - k < 5 && k > 2) || k == 0)),
        new("visible: at => !(at.Query - at.Key >= 4) & at.Key != 3 | at.Key <= 1", static (q, k, _) => k <= q && ((q - k < 4 && k != 3) || k <= 1)),
        new("visible: at => at.Key > 4", static (q, k, _) => k <= q && k > 4),
        new(
            "visible: at => at.Head > 1 ? at.Query - at.Key < 9 : at.Head == 1 || at.Key >= 2, window: 20",
            static (q, k, h) => k <= q && q - k < 20 && (h > 1 ? q - k < 9 : h == 1 || k >= 2)),
        new("visible: at => Heads > 2 && at.Query - at.Key < Heads", static (q, k, _) => k <= q && q - k < 3),
        new("visible: at => Floor(at.Query / 16) == Floor(at.Key / 16), causal: false", static (q, k, _) => q / 16 == k / 16),
        new("causal: false, window: 7", static (q, k, _) => Math.Abs(q - k) < 7),
        new("sinks: Sinks, visible: at => at.Query - at.Key < 5", static (q, k, _) => k <= q && q - k < 5, Sinks: true),
        new("sinks: Sinks, causal: false, visible: at => at.Key - at.Query > 2", static (q, k, _) => k - q > 2, Sinks: true),
        new(
            "score: (s, at) => s + Table[at.Query - at.Key - 9, at.Head]",
            static (q, k, _) => k <= q,
            static (q, k, h, table) => table[(Math.Clamp(q - k - 9, 0, 31) * Heads) + h]),
        new(
            "score: (s, at) => s + Table[(at.Query - at.Key) / 4, 2 - at.Head]",
            static (q, k, _) => k <= q,
            static (q, k, h, table) => table[(Math.Clamp((q - k) / 4, 0, 31) * Heads) + 2 - h]),
        new(
            "causal: false, score: (s, at) => s + Table[Bucket(at.Key - at.Query), at.Head]",
            static (_, _, _) => true,
            static (q, k, h, table) => table[(Bucket(k - q, true) * Heads) + h]),
        new(
            "score: (s, at) => 2 * Tanh(s / 2) - 0.25 * (at.Head + 1) * (at.Query - at.Key), window: 40",
            static (q, k, _) => k <= q && q - k < 40,
            static (q, k, h, _) => -0.25 * (h + 1) * (q - k),
            Cap: 2),
        new(
            "score: (s, at) => s + Table[CausalBucket(at), at.Head]",
            static (q, k, _) => k <= q,
            static (q, k, h, table) => table[(Bucket(k - q, false) * Heads) + h]),
    ];

    public static TheoryData<string> Hows => [.. Variants.Select(static variant => variant.How)];

    [Theory]
    [MemberData(nameof(Hows))]
    public void A_score_lambda_computes_the_same_as_in_CSharp(string how)
    {
        var variant = Variants.Single(variant => variant.How == how);
        using var model = BuiltModel.Build([Source(how)], Config, Scale);

        var actual = how.Contains("causal: false", StringComparison.Ordinal)
            ? model.Encoded(Tokens)
            : model.Logits(new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 64, MaxSequences = 4 }, [Tokens]);

        var expected = Expected(
            variant,
            model.Weight("embedding", Heads * Size * Heads * Size),
            model.Weight("table", 32 * Heads),
            model.Weight("sinks", Heads));
        for (var row = 0; row < Tokens.Length; row++)
        {
            for (var i = 0; i < Heads * Size; i++)
                Assert.True(Math.Abs(actual[row][i] - expected[row][i]) < 1e-4, $"{how}: [{row}, {i}] is {actual[row][i]}, not {expected[row][i]}");
        }
    }

    // Masks, windows and biases do not apply to keys without a position; a soft cap does.
    [Theory]
    [MemberData(nameof(Hows))]
    public void Keys_without_a_position_are_neither_hidden_nor_biased(string how)
    {
        var variant = Variants.Single(variant => variant.How == how);
        using var model = BuiltModel.Build([Source(how)], Config, Scale);
        var (random, data) = (new Random(5), new RowData(model.Model.CacheSites, 40));
        for (var vector = 0; vector < 40 * Heads; vector++)
        {
            foreach (ref var number in data.Key(0, 0, vector % Heads, vector / Heads))
                number = (2 * random.NextSingle()) - 1;
            foreach (ref var number in data.Value(0, 0, vector % Heads, vector / Heads))
                number = (2 * random.NextSingle()) - 1;
        }

        var prefix = new Prefix { Name = "rows", Method = "random", Parts = [new PrefixPart.Content(data, HasPositions: false)] };

        var actual = how.Contains("causal: false", StringComparison.Ordinal)
            ? model.Encoded(Tokens, prefix)
            : model.Logits(
                new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 64, MaxSequences = 4 }, [Tokens], prefix);

        var expected = Expected(
            variant, model.Weight("embedding", Heads * Size * Heads * Size), model.Weight("table", 32 * Heads), model.Weight("sinks", Heads), data);
        for (var row = 0; row < Tokens.Length; row++)
        {
            for (var i = 0; i < Heads * Size; i++)
                Assert.True(Math.Abs(actual[row][i] - expected[row][i]) < 1e-4, $"{how}: [{row}, {i}] is {actual[row][i]}, not {expected[row][i]}");
        }
    }

    [Fact]
    public void The_buckets_of_T5_start_at_the_published_distances()
    {
        Assert.Equal(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91],
            Enumerable.Range(0, 16).Select(static bucket => Enumerable.Range(0, 300).First(distance => Bucket(-distance, true) == bucket)));
        Assert.Equal(17, Bucket(1, true));
        Assert.Equal(31, Bucket(300, true));
        Assert.Equal([0, 15, 16, 31], ((int[])[5, -15, -16, -300]).Select(static distance => Bucket(distance, false)));
    }

    /// <summary>transformers' <c>_relative_position_bucket(.., num_buckets=32, max_distance=128)</c> in single precision.</summary>
    /// <param name="distance">Key minus query.</param>
    private static int Bucket(int distance, bool bidirectional)
    {
        var (buckets, bucket) = bidirectional ? (16, distance > 0 ? 16 : 0) : (32, 0);
        var n = bidirectional ? Math.Abs(distance) : -Math.Min(distance, 0);
        var exact = buckets / 2;
        if (n < exact)
            return bucket + n;
        var far = MathF.Log((float)n / exact) / (float)Math.Log(128.0 / exact) * (buckets - exact);
        return bucket + Math.Min(exact + (int)far, buckets - 1);
    }

    private static double[][] Expected(Variant variant, double[] embedding, double[] table, double[] sinks, RowData? given = null)
    {
        var result = Tokens.Select(static _ => new double[Heads * Size]).ToArray();
        for (var q = 0; q < Tokens.Length; q++)
        {
            for (var h = 0; h < Heads; h++)
            {
                var (query, head) = (q, h);
                double At(int row, int d) => embedding[(Tokens[row] * Heads * Size) + (head * Size) + d];
                int[] keys = [.. Enumerable.Range(0, Tokens.Length).Where(k => variant.Visible(query, k, head))];
                double Score(Func<int, double> key) => 0.3 * Enumerable.Range(0, Size).Sum(d => At(query, d) * key(d)) is var score && variant.Cap > 0
                    ? variant.Cap * Math.Tanh(score / variant.Cap) : score;
                double[] weights =
                    [.. keys.Select(k => Math.Exp(Score(d => At(k, d)) + (variant.Added?.Invoke(query, k, head, table) ?? 0)))];
                double[] more = [.. Enumerable.Range(0, given?.Rows ?? 0).Select(row => Math.Exp(Score(d => given!.Key(0, 0, head, row)[d])))];
                var total = weights.Sum() + more.Sum() + (variant.Sinks ? Math.Exp(sinks[h]) : 0);
                for (var d = 0; d < Size && keys.Length + more.Length > 0; d++)
                {
                    var at = d;
                    result[q][(h * Size) + d] = (keys.Select((k, i) => weights[i] * At(k, at)).Sum()
                        + more.Select((weight, row) => weight * given!.Value(0, 0, head, row)[at]).Sum()) / total;
                }
            }
        }

        return result;
    }

    private static readonly Dictionary<string, object> Config = new()
    {
        ["architectures"] = new[] { "HandForCausalLM" },
        ["num_heads"] = Heads,
        ["head_dim"] = Size,
        ["max_position_embeddings"] = 512,
    };

    private static string Source(string how) => $$"""
        namespace Sample;

        [Model("HandForCausalLM")]
        public partial class Hand
        {
            [Dim("num_heads")] public partial int Heads { get; }
            [Dim("head_dim")] public partial int Size { get; }
            [Weight("embedding", "Heads * Size, Heads * Size")] public partial Tensor Embedding { get; }
            [Weight("table", "32, Heads")] public partial Tensor Table { get; }
            [Weight("sinks", "Heads")] public partial Tensor Sinks { get; }

            private Score Bucket(Score distance)
            {
                var n = Abs(distance);
                var far = 8 + Floor(Log(n / 8) / Log(16f) * 8);
                return (distance > 0 ? 16 : 0) + (n < 8 ? n : Minimum(far, 15));
            }

            private Score CausalBucket(Position at)
            {
                var n = at.Query - at.Key;
                const int Exact = 16;
                return Where(n < Exact, n, Minimum(Exact + Floor(Log(n / Exact) / Log(8f) * Exact), 31));
            }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                var heads = Reshape(x, Heads, Size);
                return Reshape(Attend(heads, heads, heads, scale: 0.3f, {{how}}), Heads * Size);
            }
        }
        """;
}
