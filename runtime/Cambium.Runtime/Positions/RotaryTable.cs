using Cambium.Checkpoints;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Positions;

/// <summary>
/// Cosines and sines of rotary positions 0 to <see cref="ContextLength"/> - 1, <see cref="Size"/> / 2 each, already multiplied by the attention
/// factor of scaled kinds.
/// </summary>
public sealed unsafe class RotaryTable : IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly int _half;
    private readonly float* _cos;
    private readonly float* _sin;

    private RotaryTable(int contextLength, int half)
    {
        ContextLength = contextLength;
        _half = half;
        long floats = (long)contextLength * half;
        _buffer = new NativeBuffer(2 * floats, isZeroed: false);
        _cos = _buffer.Pointer;
        _sin = _cos + floats;
    }

    /// <summary>Number of positions: <c>max_position_embeddings</c>, or the limit if that is smaller.</summary>
    public int ContextLength { get; }

    /// <summary>Numbers of each head that are rotated: the first ones. The others stay as they are.</summary>
    public int Size => 2 * _half;

    /// <summary>Bytes of both tables.</summary>
    public long Bytes => _buffer.Floats * sizeof(float);

    /// <summary>Computes the tables of a configuration.</summary>
    /// <param name="config">Rotary settings and <c>max_position_embeddings</c> (or <c>n_positions</c>, <c>n_ctx</c>).</param>
    /// <param name="headSize">
    /// Numbers per head. <c>partial_rotary_factor</c> (or <c>rotary_pct</c>) of them are rotated; all if the configuration does not have the field.
    /// </param>
    /// <param name="path">The setting of this kind of positions, a number or a group; empty or absent for the ordinary ones.</param>
    /// <param name="maxPositions">A limit on the number of positions, to save memory.</param>
    /// <param name="cancellation">Ends the computation.</param>
    /// <exception cref="CheckpointException">Settings that are not supported or contradict each other.</exception>
    public static RotaryTable Create(
        ModelConfig config, int headSize, string path = "", int maxPositions = int.MaxValue, CancellationToken cancellation = default)
    {
        RotaryFrequencies frequencies = RotaryFrequencies.Create(config, headSize, path);
        int configured = config.Int(ModelConfig.MaxPositions);
        if (configured <= 0)
            throw config.Unusable(ModelConfig.MaxPositions, $"is {configured}, expected at least 1", "Correct the field.");
        RotaryTable table;
        try
        {
            table = new RotaryTable(Math.Min(configured, maxPositions), frequencies.Speeds.Length);
        }
        catch (InsufficientMemoryException e)
        {
            throw config.Unusable(
                ModelConfig.MaxPositions,
                $"is {configured}, whose rotary angles do not fit into memory: {e.Message.TrimEnd('.')}",
                "Lower it to the longest context that you need.");
        }

        try
        {
            var options = new ParallelOptions { CancellationToken = cancellation };
            Parallel.For(0, (int)(((long)table.ContextLength + 255) / 256), options, block =>
            {
                var end = (int)Math.Min((block + 1L) * 256, table.ContextLength);
                for (int position = block * 256; position < end; position++)
                    table.Fill(position, frequencies);
            });
            return table;
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <summary>Cosines of a position, one per pair.</summary>
    public float* Cos(int position) => _cos + ((long)position * _half);

    /// <summary>Sines of a position, one per pair.</summary>
    public float* Sin(int position) => _sin + ((long)position * _half);

    /// <summary>Frees the tables.</summary>
    public void Dispose() => _buffer.Dispose();

    private void Fill(int position, RotaryFrequencies frequencies)
    {
        float* cos = Cos(position);
        float* sin = Sin(position);
        for (int i = 0; i < _half; i++)
        {
            // The product is rounded to f32 because the reference rounds it: at position 4000 that moves the angle by up to 1e-4.
            float angle = position * frequencies.Speeds[i];
            (double s, double c) = Math.SinCos(angle);
            cos[i] = (float)c * frequencies.AttentionFactor;
            sin[i] = (float)s * frequencies.AttentionFactor;
        }
    }
}
