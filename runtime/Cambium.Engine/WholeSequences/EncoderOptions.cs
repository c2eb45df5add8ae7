using Cambium.Runtime.Chunks;

namespace Cambium.Runtime;

/// <summary>How an <see cref="Encoder"/> uses its device. Only chunk size, storage of keys and values, and device change bits of an output.</summary>
public sealed record EncoderOptions
{
    /// <summary>The device; it stays the caller's. Null opens the model's default device, the CPU, for this encoder alone.</summary>
    public Device? Device { get; init; }

    /// <summary>Threads of the default device; 0 means one for every processor.</summary>
    public int Threads { get; init; }

    /// <summary>Tokens of one step. Sequences are never cut: a longer one is a step of its own.</summary>
    public int MaxRowsPerStep { get; init; } = 1024;

    /// <summary>Keys that are folded together. On the CPU a multiple of the panel width (two SIMD registers of floats).</summary>
    public int ChunkSize { get; init; } = 64;

    /// <summary>Type of the keys and values. Results have the bits of an engine with the same type.</summary>
    public KvStorage KvStorage { get; init; }

    /// <exception cref="ArgumentException">An option is out of range; names it and the range.</exception>
    internal void Validate()
    {
        if (MaxRowsPerStep < 1)
            throw new ArgumentException($"EncoderOptions.MaxRowsPerStep is {MaxRowsPerStep}; it must be positive.");
        new EngineOptions { Device = Device, Threads = Threads, ChunkSize = ChunkSize, KvStorage = KvStorage }.Validate();
    }
}
