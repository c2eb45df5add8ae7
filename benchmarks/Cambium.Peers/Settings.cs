namespace Cambium.Benchmarks;

/// <summary>The command line.</summary>
internal sealed record Settings
{
    /// <summary>Samples of each arm.</summary>
    public required int Rounds { get; init; }

    /// <summary>Thread counts, each of which is measured.</summary>
    public required IReadOnlyList<int> Threads { get; init; }

    public required IReadOnlyList<WeightFile> Types { get; init; }

    /// <summary>Folder of the model files and of the published programs.</summary>
    public required string Folder { get; init; }

    /// <summary>File for the figures as data; null for none.</summary>
    public string? Json { get; init; }

    /// <summary>File for the chart; null for none.</summary>
    public string? Png { get; init; }
}
