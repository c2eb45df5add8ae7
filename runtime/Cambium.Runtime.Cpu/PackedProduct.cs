namespace Cambium.Runtime.Cpu;

/// <summary>A product of attention whose weight is packed.</summary>
/// <param name="weights">The packed weights.</param>
/// <param name="segment">The segment of the weight.</param>
/// <param name="part">Its part.</param>
/// <param name="bias">[outputs], or null for none.</param>
public sealed unsafe class PackedProduct(PackedWeights weights, int segment, int part, float* bias) : AttentionProduct
{
    private readonly float* _bias = bias;

    /// <inheritdoc/>
    public override int Inputs => weights.Inputs;

    /// <inheritdoc/>
    public override float Read(int output, Span<float> row)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, Inputs, nameof(row));
        fixed (float* target = row)
            weights.CopyRow(segment, part, output, target);
        return _bias == null ? 0 : _bias[output];
    }
}
