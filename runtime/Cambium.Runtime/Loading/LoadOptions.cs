namespace Cambium.Runtime.Loading;

/// <summary>How a checkpoint is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>Called after each part of a tensor, on the loading thread.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }

    /// <summary>How matrices are stored in memory: in the type of the checkpoint, or in another one to which they are rounded.</summary>
    public WeightStorage Storage { get; init; } = WeightStorage.Stored;

    /// <summary>How quantized weights are multiplied.</summary>
    public WeightProducts Products { get; init; } = WeightProducts.Integer;

    /// <summary>
    /// Folders of LoRA adapters as PEFT saves them. They are added to the weights when these are loaded, in f32, so that they cost nothing
    /// afterwards; all requests of the model have them.
    /// </summary>
    public IReadOnlyList<string> Adapters { get; init; } = [];

    /// <summary>Threads that read and pack weights; 0 for one per processor. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>Checked between parts of a tensor.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>The progress of loading, in bytes of the files.</summary>
/// <param name="Tensor">The tensor that is being read; empty at the end.</param>
/// <param name="BytesDone">Bytes read so far.</param>
/// <param name="BytesTotal">Bytes of all tensors.</param>
public readonly record struct LoadProgress(string Tensor, long BytesDone, long BytesTotal);
