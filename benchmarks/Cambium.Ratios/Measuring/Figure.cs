namespace Cambium.Benchmarks;

/// <summary>One measured number.</summary>
/// <param name="Group">Command and case.</param>
/// <param name="Name">Name of the figure.</param>
/// <param name="Unit">Unit of the value.</param>
/// <param name="Value">The value.</param>
/// <param name="AtLeast">The target if more is better.</param>
/// <param name="AtMost">The target if less is better.</param>
internal sealed record Figure(string Group, string Name, string Unit, Estimate Value, double? AtLeast = null, double? AtMost = null)
{
    /// <summary>Null without a target.</summary>
    public bool? Met => AtLeast is { } least ? Value.Median >= least : AtMost is { } most ? Value.Median <= most : null;
}
