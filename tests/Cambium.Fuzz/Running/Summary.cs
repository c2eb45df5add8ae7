namespace Cambium.Fuzz.Running;

/// <summary>A case that failed.</summary>
/// <param name="Case">Its numbers.</param>
/// <param name="Problem">The exception, or how the process ended.</param>
internal sealed record Failure(CaseId Case, string Problem)
{
    public override string ToString() => $"{Case.Kind} {Case.Index}: {Problem}\n  Replay: {Case.Replay}";
}

/// <summary>The outcomes of the cases of one kind.</summary>
internal sealed class Summary
{
    public int Used { get; set; }

    public int Refused { get; set; }

    public List<Failure> Failures { get; } = [];

    /// <summary>The case that took the most processor time.</summary>
    public (int Index, TimeSpan Cpu) Slowest { get; set; }

    public int Cases => Used + Refused + Failures.Count;
}
