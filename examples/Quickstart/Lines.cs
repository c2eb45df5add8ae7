namespace Quickstart;

/// <summary>Plain text, for pipes and for the final output on a terminal.</summary>
internal static class Lines
{
    public static string Of(Answer answer) => answer.IsRight
        ? $"{answer.Question.Text} {answer.Text}: right"
        : $"{answer.Question.Text} {answer.Text}: wrong, the answer is {answer.Question.Truth}";

    public static IEnumerable<string> Of(Verdict verdict)
    {
        yield return "";
        yield return $"Right: {verdict.Right} of {verdict.Asked}. The reference implementation: {verdict.ReferenceRight} of {verdict.Asked}.";
        if (verdict.IsAsRecorded)
        {
            yield return "All answers are those of the reference.";
        }
        else
        {
            foreach (var answer in verdict.Different)
                yield return $"Differs: {answer.Question.Text} '{answer.Text}', the reference has '{answer.Question.Reference}'.";
        }

        yield return "";
    }

    public static IEnumerable<string> Of(Comparison comparison)
    {
        const int NameWidth = 34, Width = 13;
        yield return new string(' ', NameWidth) + string.Concat(comparison.Trials.Select(trial => trial.Name.PadLeft(Width)));
        foreach (var figure in Figure.All)
            yield return figure.Name.PadRight(NameWidth) + string.Concat(comparison.Trials.Select(trial => figure.Text(trial).PadLeft(Width)));
        yield return $"({Comparison.Legend})";
        foreach (var line in SummaryOf(comparison))
            yield return line;
    }

    public static IEnumerable<string> SummaryOf(Comparison comparison)
    {
        if (comparison is not { Alone.Outcome: { } alone, Shared.Outcome: { } shared, TwoPhase.Outcome: { } twoPhase })
            yield break;
        yield return "";
        var saved = alone.Statistics.TokensPrefilled - shared.Statistics.TokensPrefilled;
        yield return $"Sharing saved {Figure.Count(saved)} prompt tokens; the run was {Ratio(alone.Elapsed, shared.Elapsed)} as fast.";
        yield return $"Two-phase attention read {Figure.Count(shared.Statistics.ChunkReads - twoPhase.Statistics.ChunkReads)} fewer chunks; "
            + $"attention was {Ratio(shared.Statistics.AttentionTime, twoPhase.Statistics.AttentionTime)} as fast.";
        yield return comparison.TokensAreEqual
            ? $"All three generated the same {Figure.Count(twoPhase.Statistics.TokensGenerated)} tokens."
            : "Error: the three trials generated different tokens.";
    }

    private static string Ratio(TimeSpan before, TimeSpan after) => Figure.Invariant($"{before / after:0.0}x");
}
