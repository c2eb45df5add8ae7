namespace Cambium.Runtime;

/// <summary>How an <see cref="Encoder"/> uses the machine. Nothing here changes a bit of any output, the chunk size excepted.</summary>
public sealed record EncoderOptions
{
    /// <summary>Threads of the kernels; 0: one for every processor.</summary>
    public int Threads { get; init; }

    /// <summary>Tokens of one step. Sequences are never cut: a longer one is a step of its own.</summary>
    public int MaxRowsPerStep { get; init; } = 1024;

    /// <summary>Keys that are folded together; a multiple of the panel width (two SIMD registers of floats).</summary>
    public int ChunkSize { get; init; } = 64;

    /// <exception cref="ArgumentException">An option is out of range; names it and the range.</exception>
    internal void Validate()
    {
        if (MaxRowsPerStep < 1)
            throw new ArgumentException($"EncoderOptions.MaxRowsPerStep is {MaxRowsPerStep}; it must be positive.");
        new EngineOptions { Threads = Threads, ChunkSize = ChunkSize }.Validate();
    }
}
