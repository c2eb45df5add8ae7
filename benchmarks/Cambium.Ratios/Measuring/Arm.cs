namespace Cambium.Benchmarks;

/// <summary>One of the things that are compared.</summary>
internal sealed record Arm(string Name, Action Run);
