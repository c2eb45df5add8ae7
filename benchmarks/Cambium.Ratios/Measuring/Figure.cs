namespace Cambium.Benchmarks;

/// <summary>One measured number.</summary>
/// <param name="Group">Command and case.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Unit of the value.</param>
/// <param name="Value">The number.</param>
/// <param name="AtLeast">The target, where more is better.</param>
/// <param name="AtMost">The target, where less is better.</param>
internal sealed record Figure(string Group, string Name, string Unit, Estimate Value, double? AtLeast = null, double? AtMost = null)
{
    /// <summary>Null without a target.</summary>
    public bool? Met => AtLeast is { } least ? Value.Median >= least : AtMost is { } most ? Value.Median <= most : null;
}
