using System.Globalization;

namespace Cambium.Benchmarks;

/// <summary>One comparison of the two engines.</summary>
/// <param name="Work">The measured work.</param>
/// <param name="Threads">Threads of both engines; null where they make no difference.</param>
/// <param name="Unit">Unit of the values.</param>
internal sealed record PeerFigure(string Work, int? Threads, string Unit)
{
    public required Estimate Llama { get; init; }

    public required Estimate Cambium { get; init; }

    /// <summary>Formed in each round. Above 1, Cambium is faster or needs less. Null if the values are rounding errors.</summary>
    public required Estimate? Ratio { get; init; }

    public string Target { get; init; } = "";

    /// <summary>Null without a target.</summary>
    public bool? IsMet { get; init; }

    /// <summary>Whether the figure counts: a fast but inexact product does not.</summary>
    public bool IsExactEnough { get; init; } = true;

    /// <summary>Name of the limit that shares are of; null for none.</summary>
    public string? Limit { get; init; }

    public double? LlamaShare { get; init; }

    public double? CambiumShare { get; init; }

    /// <summary>Rates of two arms.</summary>
    /// <param name="work">The measured work.</param>
    /// <param name="threads">Threads of both.</param>
    /// <param name="tokens">Tokens of one run.</param>
    /// <param name="runs">The samples.</param>
    public static PeerFigure OfRates(string work, int threads, double tokens, Interleaved runs) => new(work, threads, "tok/s")
    {
        Llama = runs.Rate(Report.Llama, tokens),
        Cambium = runs.Rate(Report.Cambium, tokens),
        Ratio = runs.Speedup(Report.Cambium, Report.Llama),
    };

    /// <summary>Sets a target for the median of the ratio.</summary>
    /// <param name="ratio">The least ratio.</param>
    /// <param name="divergence">Quality of the same file, which decides whether the figure counts; null if it makes no difference.</param>
    public PeerFigure WithLeast(double ratio, PeerDivergence? divergence)
    {
        var isExact = divergence?.IsSmallEnough ?? true;
        return this with
        {
            Target = string.Create(CultureInfo.InvariantCulture, $">= {ratio:0.0#}"),
            IsMet = isExact && Ratio?.Median >= ratio,
            IsExactEnough = isExact,
        };
    }
}
