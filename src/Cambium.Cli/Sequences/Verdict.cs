namespace Cambium.Cli.Sequences;

/// <summary>The result of the comparison of one sequence.</summary>
/// <param name="Expected">The recorded results with their errors.</param>
/// <param name="Continuation">The computed greedy tokens: as many as were recorded, or as fit into the context.</param>
/// <param name="ResultName">Prefix of the names of result tensors.</param>
/// <param name="IsContinued">Whether the model generates continuations.</param>
internal sealed record Verdict(ExpectedSequence Expected, long[] Continuation, string ResultName = "logits", bool IsContinued = true)
{
    /// <summary>Index of the first greedy token that differs, or -1.</summary>
    public int FirstDifference { get; } = Array.FindIndex(
        [.. Continuation.Select((token, i) => (Token: token, Index: i))], pair => pair.Token != Expected.Greedy![pair.Index]);

    public bool Agrees => FirstDifference < 0 && Expected is { Result: null or { Agrees: true }, Hidden: null or { Agrees: true } };

    /// <summary>The larger error, as a share of its tolerance.</summary>
    public double Share => Math.Max(Expected.Result?.Share ?? 0, Expected.Hidden?.Share ?? 0);

    /// <summary>One sentence per difference and per tensor that was not compared.</summary>
    public IEnumerable<string> Remarks()
    {
        if (Expected.Result is { Agrees: false } result)
            yield return result.Worst();
        if (Expected.Hidden is { Agrees: false } hidden)
            yield return hidden.Worst();
        if (FirstDifference >= 0)
        {
            yield return $"{Expected.Sequence.Name("greedy")}[{FirstDifference}] is {Continuation[FirstDifference]}, "
                + $"expected {Expected.Greedy![FirstDifference]}.";
        }

        string[] skipped = [.. Absent()];
        if (skipped.Length > 0)
            yield return $"{Expected.Sequence.Tensor}: {string.Join(" and ", skipped)} not recorded, not compared.";
        if (Expected.Greedy is { } greedy && Continuation.Length < greedy.Length)
            yield return Notes.Shortened(Expected.Sequence, Continuation.Length, greedy.Length);
    }

    private IEnumerable<string> Absent()
    {
        if (Expected.Result is null)
            yield return Expected.Sequence.Name(ResultName);
        if (Expected.Hidden is null)
            yield return Expected.Sequence.Name("hidden");
        if (IsContinued && Expected.Greedy is null)
            yield return Expected.Sequence.Name("greedy");
    }
}
