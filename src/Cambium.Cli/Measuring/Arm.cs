namespace Cambium.Measuring;

/// <summary>One of the alternatives of a comparison.</summary>
/// <param name="Name">Unique in its comparison.</param>
/// <param name="Run">The work of one sample.</param>
internal sealed record Arm(string Name, Action Run)
{
    /// <summary>Runs before each sample and is not timed; null for none.</summary>
    public Action? Prepare { get; init; }
}
