namespace Cambium.Measuring;

/// <summary>One of the alternatives of a comparison.</summary>
internal sealed record Arm(string Name, Action Run);
