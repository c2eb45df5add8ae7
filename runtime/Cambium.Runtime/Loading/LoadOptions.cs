namespace Cambium.Runtime.Loading;

/// <summary>How a checkpoint is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>Told after each part of a tensor; called on the loading thread.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }

    /// <summary>How matrices are kept in memory: in f32 as the checkpoint has them, or rounded when they are loaded.</summary>
    public WeightStorage Storage { get; init; } = WeightStorage.F32;

    /// <summary>Looked at between parts of a tensor.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>How far loading is, in bytes as they are stored.</summary>
/// <param name="Tensor">The tensor that is being read; empty at the end.</param>
/// <param name="BytesDone">Bytes read so far.</param>
/// <param name="BytesTotal">Bytes of all tensors.</param>
public readonly record struct LoadProgress(string Tensor, long BytesDone, long BytesTotal);
